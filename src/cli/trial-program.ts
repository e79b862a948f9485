/** The program that `crac check` checkpoints and restores. */
import { checkpointRestore } from '../management.js';

await checkpointRestore({ directory: process.argv[2] ?? '' });
process.stdout.write('restored\n');
