/** Goes on after its checkpoint and says `running`; every restored process says `restored`. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { keepRunning } from '../../support/image-options.js';
import { checkpoint } from '../../support/program.js';

const worker = new Worker(
  "const { parentPort: p } = require('node:worker_threads'); p.on('message', (m) => p.postMessage(m));",
  {
    eval: true,
  },
);
const blob = Buffer.alloc(8 << 20, 1);
const { restored } = await checkpoint(keepRunning);
assert.ok(blob.every((byte) => byte === 1));
blob.fill(2);
worker.postMessage('echo');
assert.deepEqual(await once(worker, 'message'), ['echo']);
await worker.terminate();
process.stdout.write(restored ? 'restored\n' : 'running\n');
