/** A worker that waits in `Atomics.wait` during the checkpoint is woken after the restore. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { checkpoint, pass, sleep } from '../../support/program.js';

if (isMainThread) await main();
else waitTwice(new Int32Array(workerData as SharedArrayBuffer));

async function main(): Promise<void> {
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(new URL(import.meta.url), { workerData: shared.buffer });
  await once(worker, 'message');
  const asynchronous = (Atomics as unknown as { waitAsync: typeof waitAsync }).waitAsync(shared, 1, 0);
  await sleep(20);

  await checkpoint();

  await sleep(20);
  assert.equal(Atomics.notify(shared, 0), 1);
  const [result] = (await once(worker, 'message')) as [string[]];
  assert.deepEqual(result, ['ok', 'timed-out']);
  Atomics.notify(shared, 1);
  assert.equal(await asynchronous.value, 'ok');
  pass();
}

function waitTwice(shared: Int32Array): void {
  parentPort?.postMessage('waiting');
  const first = Atomics.wait(shared, 0, 0);
  const second = Atomics.wait(shared, 0, 0, 20);
  parentPort?.postMessage([first, second]);
}

declare function waitAsync(words: Int32Array, index: number, value: number): { value: Promise<string> };
