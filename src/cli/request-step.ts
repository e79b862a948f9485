import { ask } from '../control/client.js';
import type { AttachableProcess } from '../control/processes.js';
import type { Reply, Request } from '../control/protocol.js';
import { cracError, type DescribedError, describeError } from '../errors.js';
import { renderFailure } from '../render-failure.js';
import { EXIT_CODES } from './exit-code.js';
import { complain, printJson, printLine, wantsStacks } from './terminal.js';

/** What the answer that was hoped for says to a person, and to a program. */
interface Success {
  readonly sentence: string;
  readonly facts: object;
}

/** Asks a process for one of the two steps and prints how it went; `complaint` is what is said of the process where it went wrong. */
export async function requestStep(
  { pid, path }: AttachableProcess,
  request: Request,
  complaint: string,
  { json }: { readonly json?: true },
  accept: (reply: Reply) => Success | undefined,
): Promise<void> {
  let error: DescribedError = describe(path, 'it gave no answer');
  for await (const reply of ask(path, request)) {
    const success = accept(reply);
    if (success !== undefined) {
      if (json) printJson({ pid, ...success.facts });
      else printLine(`OK: ${success.sentence}`);
      return;
    }
    if (reply.reply === 'failed') error = reply.error;
    if (reply.reply === 'rejected') error = describe(path, reply.reason);
  }
  process.exitCode = EXIT_CODES.failed;
  if (json) printJson({ pid, kind: 'failed', error });
  else complain(`process ${pid} ${complaint}.\n${renderFailure(error, wantsStacks())}`);
}

function describe(path: string, reason: string): DescribedError {
  return describeError(cracError('ERR_CRAC_CONTROL_PROTOCOL', { path, reason }));
}
