/** Prints to which size its heap may grow, before the checkpoint or when it has been restored for a while. */
import { readFile } from 'node:fs/promises';
import { getHeapStatistics } from 'node:v8';
import { checkpoint, sleep } from '../../support/program.js';

await readFile('/proc/self/stat');
await checkpoint();
if (process.env['WITHOUT_CHECKPOINT'] === undefined) await sleep(3000);
process.stdout.write(`${getHeapStatistics().heap_size_limit}\n`);
