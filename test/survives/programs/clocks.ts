/** The wall clock is right, monotonic clocks never go back, and timers set by them fire. */
import assert from 'node:assert/strict';
import { monitorEventLoopDelay, PerformanceObserver, performance } from 'node:perf_hooks';
import { checkpoint, pass, sleep } from '../../support/program.js';

const date = Date.now();
const now = performance.now();
const hrtime = process.hrtime.bigint();
const uptime = process.uptime();
const histogram = monitorEventLoopDelay({ resolution: 5 });
histogram.enable();
const entries: string[] = [];
const observer = new PerformanceObserver((list) =>
  entries.push(...list.getEntries().map(({ name }) => name)),
);
observer.observe({ entryTypes: ['measure'] });
performance.mark('start');
const signal = AbortSignal.timeout(50);

await checkpoint();

const wall = Number(process.env['TEST_NOW'] ?? Date.now());
assert.ok(Math.abs(Date.now() - wall) < 5000, `The wall clock is ${Date.now() - wall} ms off.`);
assert.ok(Date.now() >= date);
assert.ok(performance.now() >= now);
assert.ok(process.hrtime.bigint() >= hrtime);
assert.ok(process.uptime() >= uptime);
const begin = performance.now();
await sleep(20);
assert.ok(performance.now() - begin >= 19 && performance.now() - begin < 2000);
performance.measure('whole', 'start');
await sleep(60);
assert.ok(signal.aborted);
assert.deepEqual(entries, ['whole']);
assert.ok(histogram.count > 0);
histogram.disable();
observer.disconnect();
pass();
