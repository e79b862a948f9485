/** Workers that start up, compute and collect garbage at the very moment of the checkpoint go on and can be ended. */
import assert from 'node:assert/strict';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { checkpoint, pass, sleep } from '../../support/program.js';

if (isMainThread) await main();
else litter(new Int32Array(workerData.rounds as SharedArrayBuffer), workerData.index as number);

async function main(): Promise<void> {
  const rounds = new Int32Array(new SharedArrayBuffer(8));
  const busy = [0, 1].map((index) => {
    return new Worker(new URL(import.meta.url), { workerData: { rounds: rounds.buffer, index } });
  });
  while (!rounds.every((count) => count > 10)) await sleep(1);
  const starting = new Worker('for (;;);', { eval: true });

  await checkpoint();

  const before = rounds.slice();
  while (!rounds.every((count, index) => count > (before[index] ?? 0) + 10)) await sleep(1);
  await Promise.all([...busy, starting].map((worker) => worker.terminate()));
  pass();
}

function litter(rounds: Int32Array, own: number): never {
  for (;;) {
    const garbage = Array.from({ length: 2000 }, (_, index) => ({ text: `garbage ${index}`, list: [index] }));
    assert.equal(garbage[1999]?.list[0], 1999);
    Atomics.add(rounds, own, 1);
  }
}
