/** WebAssembly code and memory are there again; the memory grows and new modules compile. */
import assert from 'node:assert/strict';
import { checkpoint, pass } from '../../support/program.js';
import { SUM_MODULE, type Sum } from './wasm-module.js';

const PAGE = 65_536;

const module = new WebAssembly.Module(SUM_MODULE);
const { memory, sum } = new WebAssembly.Instance(module).exports as unknown as Sum;
const words = new Int32Array(memory.buffer);
words.fill(3);
const length = words.length;
for (let round = 0; round < 200; round++) assert.equal(sum(length), length * 3);

await checkpoint();

assert.equal(sum(length), length * 3);
assert.equal(memory.grow(64), 1);
assert.equal(memory.buffer.byteLength, 65 * PAGE);
const grown = new Int32Array(memory.buffer);
assert.equal(grown[length - 1], 3);
assert.ok(
  grown.subarray(length).every((word) => word === 0),
  'Grown memory is not zero.',
);
grown.fill(5);
assert.equal(sum(grown.length), grown.length * 5);
const second = new WebAssembly.Instance(module).exports as unknown as Sum;
assert.equal(second.sum(16), 0);
const compiled = await WebAssembly.instantiate(SUM_MODULE);
assert.equal((compiled.instance.exports as unknown as Sum).sum(16), 0);
assert.throws(() => sum(grown.length + 1), WebAssembly.RuntimeError);
pass();
