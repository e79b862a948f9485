/** Measures every clock and every kind of wait across a checkpoint against the wall clock, and prints what it found. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as later } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { checkpoint } from '../../support/program.js';

/** Milliseconds of waits that end only after the restore. */
const LONG = 4000;
/** Milliseconds of a timer that is due while the process is away. */
const SHORT = 200;

interface Waited {
  readonly result: string;
  /** Milliseconds that it took by the clock of the thread, and by the wall clock. */
  readonly own: number;
  readonly wall: number;
}

const WORKER = `
const { parentPort, workerData } = require('node:worker_threads');
const word = new Int32Array(new SharedArrayBuffer(4));
const wait = (timeout) => {
  const [own, wall] = [performance.now(), Date.now()];
  const result = Atomics.wait(word, 0, 0, timeout);
  return { result, own: performance.now() - own, wall: Date.now() - wall };
};
parentPort.postMessage('waiting');
parentPort.postMessage([wait(workerData), wait(500)]);
`;

/** A wait of V8 without a thread keeps no process alive. */
const awake = setInterval(() => {}, 1000);
const worker = new Worker(WORKER, { eval: true, workerData: LONG });
await once(worker, 'message');
const inWorker = once(worker, 'message');

const clocks = {
  now: () => performance.now(),
  hrtime: () => Number(process.hrtime.bigint()) / 1e6,
  uptime: () => process.uptime() * 1000,
  wall: () => Date.now(),
};
const start = read();

const long = Promise.all([
  measure(() => later(LONG)),
  measure(() => once(AbortSignal.timeout(LONG), 'abort')),
  measure(() => waitAsync(LONG)),
]);
let fired = 0;
const short = setTimeout(() => {
  fired++;
}, SHORT);
const refreshed = setTimeout(() => {}, LONG);
let ticks = 0;
const interval = setInterval(() => {
  ticks++;
}, 20);

const info = await checkpoint();

const elapsed = differences(start);
assert.ok(Object.values(elapsed).every((value) => value >= 0));
refreshed.refresh();
const refreshedFor = measure(
  () => new Promise<void>((resolve) => Object.assign(refreshed, { _onTimeout: resolve })),
);
const ticksBefore = ticks;
const fresh = await measure(() => later(300));
const burst = ticks - ticksBefore;
clearInterval(interval);
const child = spawnSync(process.execPath, [
  '-e',
  'const start = performance.now(); setTimeout(() => console.log(performance.now() - start), 100)',
]);
const waits: Record<string, Waited> = { fresh, refreshed: await refreshedFor };
const [timer, signal, async] = await long;
const [during, after] = (await inWorker)[0] as [Waited, Waited];
Object.assign(waits, {
  timer,
  signal,
  async,
  during,
  after,
  asyncAfter: await measure(() => waitAsync(300)),
});
clearTimeout(short);
clearInterval(awake);
const { frozenMs, frozenMonotonicMs } = info;
console.log(
  JSON.stringify({
    frozenMs,
    frozenMonotonicMs,
    elapsed,
    waits,
    fired,
    burst,
    child: Number(child.stdout),
    origin: performance.timeOrigin + performance.now() - Date.now(),
  }),
);

function read(): Record<keyof typeof clocks, number> {
  return { now: clocks.now(), hrtime: clocks.hrtime(), uptime: clocks.uptime(), wall: clocks.wall() };
}

function differences(from: ReturnType<typeof read>): ReturnType<typeof read> {
  const to = read();
  return {
    now: to.now - from.now,
    hrtime: to.hrtime - from.hrtime,
    uptime: to.uptime - from.uptime,
    wall: to.wall - from.wall,
  };
}

async function measure(wait: () => Promise<unknown>): Promise<Waited> {
  const [own, wall] = [performance.now(), Date.now()];
  const result = String(await wait());
  return { result, own: performance.now() - own, wall: Date.now() - wall };
}

/** A wait of V8 that blocks no thread. */
function waitAsync(timeout: number): Promise<string> {
  const { waitAsync: wait } = Atomics as unknown as {
    waitAsync(word: Int32Array, index: number, value: number, timeout: number): { value: Promise<string> };
  };
  return wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, timeout).value;
}
