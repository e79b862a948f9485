/** Prints how many threads it has, workers included. */

import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { checkpoint, pass, sleep } from '../../support/program.js';

const worker = new Worker("require('node:worker_threads').parentPort.on('message', () => process.exit())", {
  eval: true,
});
await once(worker, 'online');
await lookup('localhost');
await sleep(100);
process.stdout.write(`threads ${readdirSync('/proc/self/task').length}\n`);
await checkpoint();
worker.postMessage('end');
await once(worker, 'exit');
pass();
