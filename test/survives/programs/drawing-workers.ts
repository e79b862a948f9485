/**
 * Workers that do nothing but draw at the moment of the checkpoint. Prints, for each, every 1024th value from the first on: restored processes
 * that go on differently have other values from some position on.
 */
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { checkpoint, sleep } from '../../support/program.js';

const EVERY = 1024;
const AFTERWARDS = 10;

if (isMainThread) await main();
else draw(new Int32Array(workerData as SharedArrayBuffer));

async function main(): Promise<void> {
  const restored = new Int32Array(new SharedArrayBuffer(4));
  const workers = [0, 1].map(() => new Worker(new URL(import.meta.url), { workerData: restored.buffer }));
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  await checkpoint();
  await sleep(AFTERWARDS);
  const answers = workers.map((worker) => once(worker, 'message'));
  Atomics.store(restored, 0, 1);
  process.stdout.write(`${JSON.stringify((await Promise.all(answers)).flat())}\n`);
}

function draw(restored: Int32Array): void {
  const values: number[] = [];
  let sum = 0;
  parentPort?.postMessage('ready');
  while (Atomics.load(restored, 0) === 0) {
    for (let i = 1; i < EVERY; i++) sum += Math.random();
    values.push(Math.random());
  }
  parentPort?.postMessage(sum > 0 ? values : []);
}
