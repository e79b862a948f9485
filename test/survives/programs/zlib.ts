/** Compressors and decompressors that hold half of their input finish it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { checkpoint, pass } from '../../support/program.js';

type Codec = zlib.Gzip | zlib.Gunzip | zlib.BrotliCompress | zlib.BrotliDecompress;

const text = Buffer.from(Array.from({ length: 20_000 }, (_, index) => `line ${index * index}\n`).join(''));
const half = text.length >> 1;

const gzip = begin(zlib.createGzip({ level: 9 }));
const brotli = begin(zlib.createBrotliCompress());
await Promise.all([gzip.write(text.subarray(0, half)), brotli.write(text.subarray(0, half))]);
const packed = zlib.gzipSync(text);
const gunzip = begin(zlib.createGunzip());
await gunzip.write(packed.subarray(0, packed.length >> 1));

await checkpoint();

assert.deepEqual(zlib.gunzipSync(await gzip.end(text.subarray(half))), text);
assert.deepEqual(zlib.brotliDecompressSync(await brotli.end(text.subarray(half))), text);
assert.deepEqual(await gunzip.end(packed.subarray(packed.length >> 1)), text);
assert.deepEqual(await promisify(zlib.inflate)(await promisify(zlib.deflate)(text)), text);
pass();

function begin(codec: Codec): { write(chunk: Buffer): Promise<void>; end(chunk: Buffer): Promise<Buffer> } {
  const chunks: Buffer[] = [];
  codec.on('data', (chunk: Buffer) => chunks.push(chunk));
  return {
    write: (chunk) => new Promise((resolve) => codec.write(chunk, () => resolve())),
    async end(chunk) {
      codec.end(chunk);
      await once(codec, 'end');
      return Buffer.concat(chunks);
    },
  };
}
