import { writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { checkpointRestore } from '../../dist/management.js';

const ballast = Buffer.alloc(Number(process.env.BENCH_MEGABYTES) << 20, 1);
const gaps = new BigInt64Array(new SharedArrayBuffer(8));
const watch = new Worker(
  `const { workerData: gaps } = require('node:worker_threads');
   let last = process.hrtime.bigint();
   let work = 0;
   for (;;) {
     for (let i = 0; i < 20000; i++) work = (work * 31 + i) | 0;
     const now = process.hrtime.bigint();
     if (now - last > gaps[0]) gaps[0] = now - last;
     last = now;
   }`,
  { eval: true, workerData: gaps },
);
await new Promise((resolve) => watch.once('online', resolve));
await new Promise((resolve) => setTimeout(resolve, 100));

let loopGap = 0n;
let last = process.hrtime.bigint();
let isOver = false;
tick();

const begin = process.hrtime.bigint();
gaps[0] = 0n;
await checkpointRestore({ directory: process.env.BENCH_IMAGE, keepRunning: true });
const whole = process.hrtime.bigint() - begin;
isOver = true;
writeSync(1, JSON.stringify({ stop: Number(gaps[0]) / 1e6, loop: Number(loopGap) / 1e6, whole: Number(whole) / 1e6, ballast: ballast.length }));
process.exit(0);

/** Notes the longest time for which the event loop did not turn. */
function tick() {
  const now = process.hrtime.bigint();
  if (now - last > loopGap) loopGap = now - last;
  last = now;
  if (!isOver) setImmediate(tick);
}
