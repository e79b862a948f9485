/** Workers and the main thread go on sharing memory, with nothing lost of what they counted. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { checkpoint, pass, sleep } from '../../support/program.js';

const WORKERS = 3;

if (isMainThread) await main();
else count(new Int32Array(workerData as SharedArrayBuffer));

async function main(): Promise<void> {
  const shared = new Int32Array(new SharedArrayBuffer(64));
  const workers = Array.from(
    { length: WORKERS },
    () => new Worker(new URL(import.meta.url), { workerData: shared.buffer }),
  );
  const ends = workers.map((worker) => once(worker, 'message'));
  while (Atomics.load(shared, 0) < 1000 || Atomics.load(shared, 2) < WORKERS) await sleep(1);

  await checkpoint();

  const before = Atomics.load(shared, 0);
  while (Atomics.load(shared, 0) < before + 1000) await sleep(1);
  Atomics.store(shared, 1, 1);
  const counts = (await Promise.all(ends)).map(([own]) => own as number);
  assert.equal(
    counts.reduce((sum, own) => sum + own),
    Atomics.load(shared, 0),
  );
  pass();
}

function count(shared: Int32Array): void {
  let own = 0;
  Atomics.add(shared, 2, 1);
  while (Atomics.load(shared, 1) === 0) {
    Atomics.add(shared, 0, 1);
    own++;
  }
  parentPort?.postMessage(own);
}
