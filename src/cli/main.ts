/** The entry of the command for everything but `run` and `restore`, which `bin/crac` carries out by itself. */
import { CommanderError } from 'commander';
import { describeError } from '../errors.js';
import { renderFailure } from '../render-failure.js';
import { EXIT_CODES, exitCodeOf } from './exit-code.js';
import { createProgram } from './program.js';
import { complain, printJson, wantsStacks } from './terminal.js';

try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return reportUsage(error);
  const described = describeError(error);
  if (wantsJson()) printJson({ kind: 'failed', error: described });
  complain(wantsStacks() ? renderFailure(described, true) : described.message);
  return exitCodeOf(error);
}

/** Commander has said already what is wrong, or has shown what was asked for. */
function reportUsage({ exitCode, message }: CommanderError): number {
  if (exitCode === 0) return EXIT_CODES.ok;
  if (wantsJson())
    printJson({ kind: 'failed', error: { name: 'UsageError', message: message.replace(/^error: /, '') } });
  return EXIT_CODES.usage;
}

/** Whether a program reads standard output, which must be able to read a failure, too; what follows `--` is not said to us. */
function wantsJson(): boolean {
  const words = process.argv.slice(2);
  return words.slice(0, words.includes('--') ? words.indexOf('--') : words.length).includes('--json');
}
