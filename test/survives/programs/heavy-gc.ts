/** Collecting garbage before and after, much of it; weak references and finalizers work. Needs `--expose-gc`. */
import assert from 'node:assert/strict';
import v8 from 'node:v8';
import { checkpoint, collectGarbage, pass, sleep } from '../../support/program.js';

const kept = new Map<number, { readonly values: number[] }>();
const weak = new WeakMap<object, string>();
const key = {};
weak.set(key, 'kept');
let finalized = 0;
const registry = new FinalizationRegistry(() => {
  finalized++;
});

churn();
collectGarbage();
litter();

await checkpoint();

churn();
for (let round = 0; round < 5; round++) collectGarbage();
await sleep(10);
churn();
collectGarbage();
await sleep(10);
assert.ok(finalized > 0, 'No finalizer was called.');
assert.equal(weak.get(key), 'kept');
assert.equal(kept.size, 20_000);
for (const [index, { values }] of kept) assert.deepEqual(values, [index, index + 1]);
assert.ok(v8.getHeapStatistics().used_heap_size < 300 << 20);
pass();

function churn(): void {
  for (let round = 0; round < 20; round++) {
    const garbage: unknown[] = [];
    for (let index = 0; index < 20_000; index++) {
      garbage.push({ text: `garbage ${index}`, list: [index] });
      if (round === 0) kept.set(index, { values: [index, index + 1] });
    }
    garbage.push(new Float64Array(100_000), Buffer.alloc(1 << 20));
  }
}

function litter(): void {
  for (let index = 0; index < 100; index++) registry.register({ index }, index);
}
