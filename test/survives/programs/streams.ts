/** Streams that were read half way give the other half, with back pressure and buffered bytes intact. */
import assert from 'node:assert/strict';
import { PassThrough, Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { TransformStream } from 'node:stream/web';
import { checkpoint, pass } from '../../support/program.js';

const readable = Readable.from(Array.from({ length: 100 }, (_, index) => `${index} `));
const words: string[] = [];
const iterator = readable[Symbol.asyncIterator]();
for (let index = 0; index < 50; index++) words.push((await iterator.next()).value);

const buffered = new PassThrough({ highWaterMark: 16 });
assert.equal(buffered.write('0123456789abcdef0123'), false);

const chunks: string[] = [];
let release: () => void = () => undefined;
const gate = new Promise<void>((resolve) => {
  release = resolve;
});
const slow = new Transform({
  transform(chunk: Buffer, _encoding, done) {
    void gate.then(() => done(null, chunk.toString().toUpperCase()));
  },
});
const piped = pipeline(Readable.from(['a', 'b', 'c']), slow, async (source) => {
  for await (const chunk of source) chunks.push(String(chunk));
});

const web = new TransformStream<string, string>();
const writer = web.writable.getWriter();
const reader = web.readable.getReader();
const written = writer.write('web');

await checkpoint();

for (let next = await iterator.next(); !next.done; next = await iterator.next()) words.push(next.value);
assert.equal(words.join(''), Array.from({ length: 100 }, (_, index) => `${index} `).join(''));
assert.equal(buffered.read().toString(), '0123456789abcdef0123');
release();
await piped;
assert.equal(chunks.join(''), 'ABC');
assert.equal((await reader.read()).value, 'web');
await written;
pass();
