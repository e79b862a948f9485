import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { decodeImage } from '#dist/image/decode-image.js';
import { needlesOfPattern, needlesOfText } from '#dist/image/needles.js';
import { searchImage } from '#dist/image/search-image.js';
import { scratch } from '../support/scratch.js';
import { syntheticImage } from './synthetic-image.js';

const SECRET = 'Grün-7Yq2-wmX!';

/** In which forms it is found in these bytes, and where. */
function found(needles: ReturnType<typeof needlesOfText>, bytes: Buffer): [string, number][] {
  return needles.flatMap(({ form, find }) => find(bytes).map((at): [string, number] => [form, at]));
}

test('a text is found in every form that memory may hold it in', () => {
  const forms: [Buffer, string][] = [
    [Buffer.from(SECRET, 'utf8'), 'one-byte'],
    [Buffer.from(SECRET, 'latin1'), 'one-byte'],
    [Buffer.from(SECRET, 'utf16le'), 'two-byte'],
    [Buffer.from(Buffer.from(SECRET).toString('hex')), 'hex'],
    [Buffer.from(Buffer.from(SECRET).toString('hex').toUpperCase()), 'hex'],
  ];
  for (const [bytes, form] of forms) {
    const memory = Buffer.concat([Buffer.from('....'), bytes, Buffer.from('....')]);
    assert.deepEqual(found(needlesOfText('secret', SECRET), memory), [[form, 4]]);
  }
});

test('a text is found in base64, whatever comes before and after it', () => {
  for (const before of ['', 'u', 'us', 'use', 'user:']) {
    for (const after of ['', '@', '@h', '@ho']) {
      const memory = Buffer.from(Buffer.from(before + SECRET + after).toString('base64'));
      const forms = found(needlesOfText('secret', SECRET), memory).map(([form]) => form);
      assert.deepEqual(forms, ['base64'], `${before} ${after}`);
    }
  }
});

test('a text that is too short is not looked for in forms that others have by chance', () => {
  const forms = new Set(needlesOfText('secret', 'abc').map(({ form }) => form));
  assert.deepEqual([...forms], ['one-byte', 'two-byte']);
});

test('a pattern is found in one and in two bytes, every time', () => {
  const needles = needlesOfPattern('pattern', /sk_[a-z]{4}/);
  const memory = Buffer.concat([Buffer.from('sk_abcd..sk_efgh.'), Buffer.from('sk_ijkl', 'utf16le')]);
  assert.deepEqual(found(needles, memory.subarray(0, 17)), [
    ['one-byte', 0],
    ['one-byte', 9],
  ]);
  assert.deepEqual(found(needles, Buffer.from('..sk_ijkl', 'utf16le')), [['two-byte', 4]]);
});

test('what lies across two pieces of the file is found once, with its address and place', async (t) => {
  const directory = scratch(t);
  const { bytes } = syntheticImage();
  const head = decodeImage(bytes.subarray(0, 8192), bytes.length);
  const [offset, size, base] = [8192, 9 << 20, 0x10000];
  const at = (4 << 20) - 3;
  const file = Buffer.alloc(size);
  file.write('swordfish', at);
  file.write('swordfish', 100);
  writeFileSync(join(directory, 'process.core'), file);
  const image = {
    ...head,
    size,
    runs: [{ address: base, offset, length: size - offset, mapping: 0, crc: 0 }],
  };
  const hits = [];
  for await (const hit of searchImage(directory, image, needlesOfText('word', 'swordfish'))) hits.push(hit);
  assert.deepEqual(hits, [
    { label: 'word', form: 'one-byte', offset: 100, place: 'head' },
    { label: 'word', form: 'one-byte', offset: at, address: base + at - offset, place: head.files[0]?.path },
  ]);
});
