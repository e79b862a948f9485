/** The restored stack grows as deep as before, its end is noticed, and generators far down go on. */
import assert from 'node:assert/strict';
import { checkpoint, pass } from '../../support/program.js';

function* descend(depth: number): Generator<number, number, undefined> {
  if (depth > 0) return yield* descend(depth - 1);
  yield 1;
  return 42;
}

const deep = descend(500);
assert.equal(deep.next().value, 1);
const before = deepest();

await checkpoint();

assert.equal(sum(5000), (5000 * 5001) / 2);
assert.ok(deepest() > before / 2, 'The restored stack is much smaller.');
assert.deepEqual(deep.next(), { value: 42, done: true });
JSON.parse(`${'['.repeat(2000)}${']'.repeat(2000)}`);
pass();

function sum(number: number): number {
  return number === 0 ? 0 : number + sum(number - 1);
}

function deepest(): number {
  let depth = 0;
  const dive = (): void => {
    depth++;
    dive();
  };
  assert.throws(dive, RangeError);
  return depth;
}
