import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { limitFeatures, parseFeatures, toWords } from '#dist/image/cpu-features.js';

const masks = fc
  .uint8Array({ minLength: 40, maxLength: 40 })
  .map((bytes) => Buffer.from(bytes).toString('hex'));

test('what two machines have in common is the bitwise AND of their masks', () => {
  fc.assert(
    fc.property(masks, masks, (a, b) => {
      const common = toWords(limitFeatures(a, b));
      const [first, second] = [toWords(a), toWords(b)];
      assert.deepEqual(
        common,
        first.map((word, index) => (word & (second[index] ?? 0)) >>> 0),
      );
    }),
  );
});

test('a short mask has zeros behind it, and no mask limits nothing', () => {
  const all = 'f'.repeat(80);
  assert.equal(limitFeatures(all, 'ff'), `ff${'0'.repeat(78)}`);
  assert.equal(limitFeatures(all, ''), all);
});

test('names stand for masks', () => {
  assert.equal(parseFeatures('native'), '');
  assert.equal(limitFeatures('f'.repeat(80), parseFeatures('ignore') ?? ''), '0'.repeat(80));
  assert.equal(parseFeatures('FF00'), 'ff00');
  for (const wrong of ['sse', '0x1', 'f'.repeat(81), ' '])
    assert.equal(parseFeatures(wrong), undefined, wrong);
});

test('generic is x86-64-v2 with AES and carry-less multiplication', () => {
  const [ecx = 0, edx = 0, ebx = 0] = toWords(parseFeatures('generic') ?? '');
  const has = (word: number, bit: number): boolean => ((word >>> bit) & 1) === 1;
  for (const bit of [0, 1, 9, 13, 19, 20, 23, 25]) assert.ok(has(ecx, bit), `1.ecx ${bit}`);
  for (const bit of [12, 26, 28]) assert.ok(!has(ecx, bit), `1.ecx ${bit}: fma, xsave or avx`);
  assert.ok(has(edx, 26), 'sse2');
  assert.equal(ebx, 0, 'neither avx2 nor anything later');
});
