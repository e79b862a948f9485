/**
 * Prints what Math.random() gives after the restore, as JSON: 1000 values of each kind of caller. With AGAIN in the environment of the restored
 * process it is checkpointed once more to that directory first. With LITTER garbage is collected around the checkpoint, if Node exposes `gc`.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createContext, runInContext } from 'node:vm';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { imageOptions } from '../../support/image-options.js';
import { checkpoint } from '../../support/program.js';

type Values = Record<string, readonly number[]>;

const COUNT = 1000;
const DRAW = `Array.from({ length: ${COUNT} }, () => Math.random())`;
const { random } = Math;
const used = createContext();
const fresh = createContext();
runInContext('Math.random()', used);
drawHot(200_000);

if (isMainThread) await main();
else work();

async function main(): Promise<void> {
  const restored = new Int32Array(new SharedArrayBuffer(4));
  const idle = await startWorker({});
  const busy = await startWorker({ isBusy: true, restored: restored.buffer });
  litter();
  await checkpoint();
  const again = process.env['AGAIN'];
  if (again !== undefined) await checkpoint(imageOptions(again));
  litter();
  Atomics.store(restored, 0, 1);
  const later = await startWorker({});
  const values = {
    ...named('', drawAll()),
    ...named('idle worker: ', await ask(idle)),
    ...named('busy worker: ', await ask(busy)),
    ...named('later worker: ', await ask(later)),
  };
  process.stdout.write(`${JSON.stringify(values)}\n`);
}

async function startWorker(data: object): Promise<Worker> {
  const worker = new Worker(new URL(import.meta.url), { workerData: data });
  await once(worker, 'message');
  return worker;
}

async function ask(worker: Worker): Promise<Values> {
  const answer = once(worker, 'message');
  worker.postMessage('draw');
  const [values] = (await answer) as [Values];
  await worker.terminate();
  return values;
}

function named(prefix: string, values: Values): Values {
  return Object.fromEntries(Object.entries(values).map(([kind, list]) => [`${prefix}${kind}`, list]));
}

function drawAll(): Values {
  return {
    'Math.random': Array.from({ length: COUNT }, () => Math.random()),
    'captured reference': Array.from({ length: COUNT }, () => random()),
    'optimised code': drawHot(COUNT),
    'used context': runInContext(DRAW, used) as number[],
    'fresh context': runInContext(DRAW, fresh) as number[],
    'later context': runInContext(DRAW, createContext()) as number[],
  };
}

function drawHot(count: number): number[] {
  const values: number[] = [];
  for (let i = 0; i < count; i++) values.push(Math.random());
  return values;
}

/** A worker: says that it is ready, draws until the restore if it is a busy one, and then answers the one question. */
function work(): void {
  parentPort?.once('message', () => parentPort?.postMessage(drawAll()));
  parentPort?.postMessage('ready');
  if (workerData.isBusy) drawUntil(new Int32Array(workerData.restored as SharedArrayBuffer));
}

function drawUntil(restored: Int32Array): void {
  let sum = 0;
  do for (let i = 0; i < 100; i++) sum += Math.random();
  while (Atomics.load(restored, 0) === 0);
  assert.ok(sum > 0);
}

function litter(): void {
  if (process.env['LITTER'] === undefined) return;
  const { gc } = globalThis as { gc?: () => void };
  assert.ok(gc, 'Start this program with --expose-gc.');
  for (let round = 0; round < 10; round++) {
    const garbage = Array.from({ length: 20_000 }, (_, index) => ({ index, context: String(index) }));
    createContext({ garbage });
    gc();
  }
}
