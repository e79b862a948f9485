/** A worker thread that is made of a text knows who the restored process is. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { checkpoint, pass } from '../../support/program.js';

const worker = new Worker(
  "const { parentPort } = require('node:worker_threads'); parentPort.on('message', () => parentPort.postMessage([process.pid, process.env.COLOUR]));",
  { eval: true },
);

async function ask(): Promise<readonly unknown[]> {
  worker.postMessage('who');
  const [answer] = await once(worker, 'message');
  return answer;
}

assert.deepEqual(await ask(), [process.pid, 'red']);
const before = process.pid;
await checkpoint();
assert.notEqual(process.pid, before);
assert.deepEqual(await ask(), [process.pid, 'blue']);
await worker.terminate();
pass();
