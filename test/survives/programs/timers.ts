/** Timers of every kind that were set before go on after, in their order and with the rest of their delay. */
import assert from 'node:assert/strict';
import { setInterval as ticks } from 'node:timers/promises';
import { checkpoint, pass, sleep } from '../../support/program.js';

const order: string[] = [];
setTimeout(() => order.push('later'), 150);
setTimeout(() => order.push('sooner'), 60);
setTimeout(() => assert.fail('A cleared timer fired.'), 50).close();
const unreferenced = setTimeout(() => order.push('unreferenced'), 60_000).unref();
let count = 0;
const interval = setInterval(() => {
  count++;
}, 5);
const iterator = ticks(10, 'tick')[Symbol.asyncIterator]();
await iterator.next();

await checkpoint();

const before = count;
assert.equal((await iterator.next()).value, 'tick');
await iterator.return?.();
await sleep(300);
assert.deepEqual(order, ['sooner', 'later']);
assert.ok(count > before + 3, `The interval ran ${count - before} times only.`);
clearInterval(interval);
assert.equal(unreferenced.hasRef(), false);
await new Promise((resolve) => setImmediate(resolve));
await new Promise<void>((resolve) => process.nextTick(resolve));
pass();
