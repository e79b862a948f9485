import { Command } from 'commander';
import { ask } from '../control/client.js';
import type { Explanation } from '../control/explanation.js';
import { type AttachableProcess, findProcess } from '../control/processes.js';
import { runtimeDirectory } from '../control/runtime-directory.js';
import { cracError } from '../errors.js';
import { EXIT_CODES } from './exit-code.js';
import { renderExplanation } from './render-explanation.js';
import { printJson, printLine } from './terminal.js';

/** Milliseconds that a process has to look at itself. */
const TIMEOUT = 60_000;

/** `crac explain`: what would stop a checkpoint, before anyone tries. */
export function explainCommand(): Command {
  return new Command('explain')
    .summary('say what would stop a checkpoint of a running process')
    .description(
      'Says what would stop a checkpoint of a running process right now, by library, and what to do about it. Nothing is changed in the process.\n' +
        'Exits with status 0 when nothing stands in the way, otherwise with 1.',
    )
    .argument('<process>', 'pid or name of the process, as "crac ps" shows them')
    .option('--json', 'print the explanation as JSON')
    .action(explain);
}

async function explain(target: string, { json }: { readonly json?: true }): Promise<void> {
  const found = await findProcess(runtimeDirectory(), target);
  const explanation = await request(found);
  const { availability, obstacles } = explanation;
  const ready = availability.status === 'ready' && obstacles.length === 0;
  if (json) printJson({ pid: found.pid, ready, ...explanation });
  else printLine(renderExplanation(found.pid, explanation));
  process.exitCode = ready ? EXIT_CODES.ok : EXIT_CODES.failed;
}

async function request({ path }: AttachableProcess): Promise<Explanation> {
  let reason = 'it gave no answer';
  for await (const reply of ask(path, { request: 'explain' }, { timeout: TIMEOUT })) {
    if (reply.reply === 'explanation') return reply.explanation;
    if (reply.reply === 'failed') reason = reply.error.message;
    if (reply.reply === 'rejected') reason = reply.reason;
  }
  throw cracError('ERR_CRAC_CONTROL_PROTOCOL', { path, reason });
}
