/** The program that `crac check` checkpoints and restores. */
import { describeError } from '../errors.js';
import { checkpointRestore } from '../management.js';

try {
  await checkpointRestore({ directory: process.argv[2] ?? '' });
  process.stdout.write('restored\n');
} catch (error) {
  process.stderr.write(`${describeError(error).message}\n`);
  process.exitCode = 1;
}
