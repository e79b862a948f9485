/** Promises that were pending, generators that were suspended and microtasks go on. */
import assert from 'node:assert/strict';
import { EventEmitter, on, once } from 'node:events';
import { checkpoint, pass, sleep } from '../../support/program.js';

async function* numbers(): AsyncGenerator<number, void, undefined> {
  for (let number = 0; number < 5; number++) {
    await sleep(1);
    yield number;
  }
}

let settle: (value: string) => void = () => undefined;
const pending = new Promise<string>((resolve) => {
  settle = resolve;
});
const chain = pending.then((value) => `${value}!`).finally(() => undefined);
const race = Promise.race([new Promise(() => undefined), chain]);
const all = Promise.allSettled([chain, chain.then(() => Promise.reject(new Error('expected')))]);
const generator = numbers();
assert.equal((await generator.next()).value, 0);
const emitter = new EventEmitter();
const event = once(emitter, 'event');
const events = on(emitter, 'event');

await checkpoint();

settle('settled');
assert.equal(await race, 'settled!');
assert.deepEqual(
  (await all).map(({ status }) => status),
  ['fulfilled', 'rejected'],
);
const rest: number[] = [];
for await (const number of generator) rest.push(number);
assert.deepEqual(rest, [1, 2, 3, 4]);
emitter.emit('event', 42);
assert.deepEqual(await event, [42]);
assert.deepEqual((await events.next()).value, [42]);
pass();
