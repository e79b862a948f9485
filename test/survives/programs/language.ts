/** Features of the language that keep state of their own inside the engine. */
import assert from 'node:assert/strict';
import { checkpoint, pass } from '../../support/program.js';

class Secret {
  #value = 41;
  static count = 0;
  next(): number {
    Secret.count++;
    this.#value += 1;
    return this.#value;
  }
}

function* fibonacci(): Generator<bigint, never, undefined> {
  for (let [a, b] = [0n, 1n]; ; [a, b] = [b, a + b]) yield a;
}

const secret = new Secret();
const numbers = fibonacci();
for (let index = 0; index < 200; index++) numbers.next();
const proxy = new Proxy({} as Record<string, string>, { get: (_, name) => `got ${String(name)}` });
const formatter = new Intl.DateTimeFormat('de-DE', { dateStyle: 'full', timeZone: 'Europe/Berlin' });
const collator = new Intl.Collator('sv');
const weak = new WeakRef(secret);
const symbol = Symbol.for('shared');
const sticky = /\w/gy;
sticky.exec('ab');
const segmenter = new Intl.Segmenter('en', { granularity: 'word' });
const error = new Error('from before');

await checkpoint();

assert.equal(secret.next(), 42);
assert.equal(Secret.count, 1);
assert.equal(numbers.next().value, 280571172992510140037611932413038677189525n);
assert.equal(proxy['name'], 'got name');
assert.equal(formatter.format(new Date(0)), 'Donnerstag, 1. Januar 1970');
assert.deepEqual(['ö', 'z', 'a'].sort(collator.compare), ['a', 'z', 'ö']);
assert.equal(weak.deref(), secret);
assert.equal(Symbol.for('shared'), symbol);
assert.equal(sticky.exec('ab')?.[0], 'b');
assert.equal([...segmenter.segment('two words')].length, 3);
assert.equal((1234.5).toLocaleString('fr-FR').replace(/\s/u, ' '), '1 234,5');
assert.match(error.stack ?? '', /language\.js:\d+/);
assert.match(new Error('after').stack ?? '', /language\.js:\d+/);
assert.deepEqual(structuredClone(new Map([['key', new Date(1)]])), new Map([['key', new Date(1)]]));
pass();
