/**
 * Checkpoints into each directory of its arguments, one after the other. Meanwhile one worker reads the clock without a pause and another
 * waits with deadlines; passes when after the last restore neither has seen time go back, jump, or a wait of the wrong length.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setTimeout as later } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { imageOptions } from '../../support/image-options.js';
import { checkpoint, pass } from '../../support/program.js';

/** Milliseconds by which both clocks may differ: what is between reading the one and the other, on a loaded machine. */
const TOLERANCE = 3000;

const SHARED = `
const { workerData } = require('node:worker_threads');
const faults = [];
const [ownStart, wallStart] = [performance.now(), Date.now()];
let last = ownStart;
const check = () => {
  const now = performance.now(), ahead = now - ownStart - (Date.now() - wallStart);
  if (now < last) faults.push('back by ' + (last - now));
  if (Math.abs(ahead) > ${TOLERANCE}) faults.push('ahead by ' + ahead);
  last = now;
};
`;
const READER = `${SHARED}
while (Atomics.load(workerData, 0) === 0 && faults.length < 10) check();
require('node:worker_threads').parentPort.postMessage(faults);
`;
const WAITER = `${SHARED}
while (Atomics.load(workerData, 0) === 0 && faults.length < 10) {
  const start = performance.now();
  const result = Atomics.wait(workerData, 1, 0, 30);
  const took = performance.now() - start;
  if (result !== 'timed-out' || took < 29 || took > ${TOLERANCE}) faults.push(result + ' after ' + took);
  check();
}
require('node:worker_threads').parentPort.postMessage(faults);
`;

const words = new Int32Array(new SharedArrayBuffer(8));
const workers = [READER, WAITER].map((code) => new Worker(code, { eval: true, workerData: words }));
await Promise.all(workers.map((worker) => once(worker, 'online')));
const [own, wall] = [performance.now(), Date.now()];
for (const directory of process.argv.slice(2)) {
  const before = performance.now();
  await checkpoint(imageOptions(directory));
  assert.ok(performance.now() >= before);
  await later(200);
  const ahead = performance.now() - own - (Date.now() - wall);
  assert.ok(Math.abs(ahead) < TOLERANCE, `Monotonic time is ahead by ${ahead} ms after ${directory}.`);
}
const ended = workers.map((worker) => once(worker, 'message'));
Atomics.store(words, 0, 1);
for (const end of ended) assert.deepEqual((await end)[0], []);
pass();
