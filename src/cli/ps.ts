import { Command } from 'commander';
import { type AttachableProcess, listProcesses } from '../control/processes.js';
import { runtimeDirectory } from '../control/runtime-directory.js';
import { formatTable, printJson, printLine } from './terminal.js';
import { formatDuration } from './units.js';

/** `crac ps`: lists the processes that can be asked for a checkpoint. */
export function psCommand(): Command {
  return new Command('ps')
    .summary('list the processes that can be checkpointed')
    .description('Lists the running processes of this user that can be asked for a checkpoint.')
    .option('--json', 'print the list as JSON')
    .action(ps);
}

async function ps(options: { readonly json?: true }): Promise<void> {
  const processes = await listProcesses(runtimeDirectory());
  if (options.json)
    printJson(processes.map(({ pid, status }) => ({ pid, answered: status !== undefined, ...status })));
  else printLine(formatTable(HEAD, processes.map(rowOf)));
}

const HEAD = ['PID', 'NAME', 'UPTIME', 'NODE', 'GENERATION', 'AVAILABLE', 'CHECKPOINT TO'];

function rowOf({ pid, status }: AttachableProcess): readonly string[] {
  if (status === undefined) return [String(pid), '?', '?', '?', '?', 'does not answer', '?'];
  return [
    String(pid),
    status.name,
    formatDuration(status.uptime),
    status.node,
    String(status.generation),
    status.availability.status,
    status.checkpointTo ?? '-',
  ];
}
