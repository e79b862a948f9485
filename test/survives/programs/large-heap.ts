/** A heap of 100 MB of objects, strings and buffers is complete, byte for byte. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { checkpoint, pass } from '../../support/program.js';

const objects = new Map<string, { readonly id: number; readonly tags: readonly string[] }>();
for (let id = 0; id < 200_000; id++)
  objects.set(`key ${id}`, { id, tags: [`tag ${id % 97}`, `other ${id}`] });
const buffers = Array.from({ length: 40 }, (_, index) => fill(Buffer.allocUnsafe(1 << 20), index + 1));
const before = digest();

await checkpoint();

assert.equal(digest(), before);
for (let id = 0; id < 200_000; id += 2) objects.delete(`key ${id}`);
assert.equal(objects.size, 100_000);
assert.equal(objects.get('key 99999')?.tags[1], 'other 99999');
pass();

function digest(): string {
  const hash = createHash('sha256');
  for (const [key, value] of objects) hash.update(`${key}${value.id}${value.tags.join()}`);
  for (const buffer of buffers) hash.update(buffer);
  return hash.digest('hex');
}

function fill(buffer: Buffer, seed: number): Buffer {
  for (let offset = 0, state = seed; offset < buffer.length; offset += 4) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    buffer.writeUInt32LE(state, offset);
  }
  return buffer;
}
