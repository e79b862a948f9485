/** Memory that was given back after the restore reads as zero when it comes again. Needs `--expose-gc`. */
import assert from 'node:assert/strict';
import { checkpoint, collectGarbage, pass } from '../../support/program.js';

const SIZES = [4096, 65_536, 1 << 20, 4 << 20];

let dirt: Uint8Array[] = [];
for (const size of SIZES) for (let count = 0; count < 12; count++) dirt.push(new Uint8Array(size).fill(0xa5));
let strings = Array.from({ length: 50_000 }, (_, index) => `dirt ${index}`.repeat(8));

await checkpoint();

assert.ok(dirt.every((bytes) => bytes[0] === 0xa5 && bytes[bytes.length - 1] === 0xa5));
assert.equal(strings.length, 50_000);
dirt = [];
strings = [];
for (let round = 0; round < 12; round++) {
  collectGarbage();
  for (const size of SIZES) assertZero(size);
  const memory = new WebAssembly.Memory({ initial: 4, maximum: 64 });
  memory.grow(32);
  assert.ok(isZero(new Uint8Array(memory.buffer)), 'WebAssembly memory is not zero.');
}
pass();

function assertZero(size: number): void {
  for (let count = 0; count < 6; count++) {
    assert.ok(isZero(new Uint8Array(size)), `An array of ${size} bytes is not zero.`);
    const buffer = Buffer.alloc(size);
    assert.ok(isZero(buffer), `A buffer of ${size} bytes is not zero.`);
    buffer.fill(0x5a);
  }
}

function isZero(bytes: Uint8Array): boolean {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
  for (const word of words) if (word !== 0) return false;
  return true;
}
