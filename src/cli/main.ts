/** The entry of the command for everything but `run` and `restore`, which `bin/crac` carries out by itself. */
import { CommanderError } from 'commander';
import { describeError } from '../errors.js';
import { renderFailure } from '../render-failure.js';
import { EXIT_CODES, exitCodeOf } from './exit-code.js';
import { createProgram } from './program.js';
import { complain, wantsStacks } from './terminal.js';

try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage;
  const described = describeError(error);
  complain(wantsStacks() ? renderFailure(described, true) : described.message);
  return exitCodeOf(error);
}
