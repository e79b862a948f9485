import { Command } from 'commander';
import type { ProcessStatus } from '../control/process-status.js';
import { type AttachableProcess, findProcess } from '../control/processes.js';
import { runtimeDirectory } from '../control/runtime-directory.js';
import type { CheckpointRecord, RestoreRecord } from '../core/records.js';
import { cracError } from '../errors.js';
import { printJson, printLine } from './terminal.js';
import { formatDuration } from './units.js';

/** `crac status`: what a process says of itself, of its last checkpoint and of its last restore. */
export function statusCommand(): Command {
  return new Command('status')
    .summary('tell what a running process says of its checkpoints')
    .description(
      'Tells whether a running process can be checkpointed, when it was restored, and how its last checkpoint ended.',
    )
    .argument('<process>', 'pid or name of the process, as "crac ps" shows them')
    .option('--json', 'print everything as JSON')
    .action(status);
}

async function status(target: string, { json }: { readonly json?: true }): Promise<void> {
  const found = await findProcess(runtimeDirectory(), target);
  const told = statusOf(found);
  if (json) printJson(told);
  else printLine(render(told).join('\n'));
}

function statusOf({ status, path }: AttachableProcess): ProcessStatus {
  if (status !== undefined) return status;
  throw cracError('ERR_CRAC_CONTROL_PROTOCOL', { path, reason: 'it did not tell its state in time' });
}

function render(status: ProcessStatus): readonly string[] {
  const { pid, name, availability, generation, lastCheckpoint, lastRestore } = status;
  return [
    `process      ${pid} ${name}, Node.js ${status.node}, for ${formatDuration(status.uptime)}`,
    `available    ${[availability.status, availability.reason].filter(Boolean).join(': ')}`,
    `generation   ${generation}`,
    `restore      ${lastRestore === undefined ? 'never' : describeRestore(lastRestore)}`,
    `checkpoint   ${lastCheckpoint === undefined ? 'none' : describeCheckpoint(lastCheckpoint)}`,
    ...(lastCheckpoint?.reasons ?? []).map((reason) => `             - ${reason.split('\n', 1)[0]}`),
    ...(lastCheckpoint?.heapSnapshot === undefined ? [] : [`heap         ${lastCheckpoint.heapSnapshot}`]),
  ];
}

function describeRestore({ startedAt, engine, runtime, application }: RestoreRecord): string {
  const times = `engine ${round(engine)}, runtime ${round(runtime)}, application ${round(application - runtime)}`;
  return `${new Date(startedAt).toISOString()}, in ${round(engine + application)} (${times})`;
}

function describeCheckpoint({ startedAt, outcome, duration, phases }: CheckpointRecord): string {
  const times = Object.entries(phases).map(([phase, milliseconds]) => `${phase} ${round(milliseconds)}`);
  const began = new Date(startedAt).toISOString();
  return `${outcome}, ${began}, in ${round(duration)}${times.length === 0 ? '' : ` (${times.join(', ')})`}`;
}

function round(milliseconds: number): string {
  return `${milliseconds.toFixed(1)} ms`;
}
