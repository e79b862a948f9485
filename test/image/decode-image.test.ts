import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isCracException } from '#dist/errors.js';
import { decodeImage } from '#dist/image/decode-image.js';
import { locateVendorNotes } from '#dist/image/elf.js';
import { headSize } from '#dist/image/tables.js';
import { type SyntheticImage, sealHead, syntheticImage } from './synthetic-image.js';

function decode(bytes: Buffer): ReturnType<typeof decodeImage> {
  const size = headSize(locateVendorNotes(bytes), bytes.length);
  return decodeImage(bytes.subarray(0, size), bytes.length);
}

function assertDamaged(bytes: Buffer, reason: RegExp): void {
  assert.throws(
    () => decode(bytes),
    (error) =>
      isCracException(error) && error.code === 'ERR_CRAC_IMAGE_DAMAGED' && reason.test(error.message),
  );
}

function changed(change: (image: SyntheticImage) => void, seal = true): Buffer {
  const image = syntheticImage();
  change(image);
  if (seal) sealHead(image);
  return image.bytes;
}

test('an image tells its identity, its constraints and its contents', () => {
  const { bytes, id } = syntheticImage();
  const image = decode(bytes);
  assert.equal(image.id, id);
  assert.equal(image.manifest.id, id);
  assert.equal(image.cwd, '/tmp');
  assert.deepEqual(image.clock, { wall: '2023-11-14T22:13:20.000Z', monotonic: 5000, policy: 'wall' });
  assert.equal(image.generators, 1);
  assert.deepEqual(image.pools, { count: 2, lost: 4, bytes: 3072 });
  assert.deepEqual(image.threads, [{ tid: 4242, name: 'node' }]);
  assert.deepEqual(image.constraints.kernel, ['io_uring']);
  assert.deepEqual(image.constraints.protectionKeys, [1]);
  assert.equal(image.constraints.cpu.features.length, 10);
  assert.equal(image.constraints.cpu.mask, '0'.repeat(80));
  assert.deepEqual(image.tags.labels, { __proto__: null, 'cpu.arch': 'x64', tier: 'gold' });
  assert.deepEqual(image.tags.bitmaps, { __proto__: null, 'cpu.features': 'ff00' });
  assert.deepEqual(
    image.mappings.map(({ permissions, file }) => [permissions, file]),
    [
      ['r-xp', 0],
      ['rw-p', undefined],
    ],
  );
  assert.deepEqual(image.files, [
    { path: '/usr/bin/node', size: 9000, identityKind: 'build-id', identity: 'ab'.repeat(20) },
  ]);
  assert.deepEqual(
    image.descriptors.map(({ fd, kind, description }) => `${fd} ${kind} ${description}`),
    [
      "0 stdio the restorer's own",
      '3 epoll 1 registrations',
      '4 pipe pipe 4, 5 bytes buffered',
      '5 device /dev/null',
      '6 inotify no watches',
      '7 socketpair connected to descriptor 8, 5 bytes buffered',
      '8 socketpair connected to descriptor 7, 0 bytes buffered',
      '9 socketpair its other end is closed, 0 bytes buffered',
      '10 file /dev/null at byte 12, even if it has changed',
      '11 closed closed by a policy',
      '20 listener tcp 127.0.0.1:3000, or where PORT says',
    ],
  );
});

test('a flipped bit anywhere in the head is noticed by its checksum', () => {
  const { headSize: size } = syntheticImage();
  fc.assert(
    fc.property(fc.nat(size - 1), fc.nat(7), (position, bit) => {
      const bytes = changed((image) => {
        image.bytes[position] = (image.bytes[position] ?? 0) ^ (1 << bit);
      }, false);
      assertDamaged(bytes, /damaged/);
    }),
    { numRuns: 300 },
  );
});

test('damage behind a valid checksum is a sentence or harmless, never a crash', () => {
  const { headSize: size } = syntheticImage();
  const mutation = fc.record({ position: fc.nat(size - 1), value: fc.integer({ min: 0, max: 255 }) });
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 8 }), (mutations) => {
      const bytes = changed((image) => {
        for (const { position, value } of mutations) image.bytes[position] = value;
      });
      try {
        decode(bytes);
      } catch (error) {
        assert.ok(isCracException(error), String(error));
        assert.equal(error.code, 'ERR_CRAC_IMAGE_DAMAGED');
      }
    }),
    { numRuns: 2000 },
  );
});

test('an image that is cut off anywhere is refused', () => {
  const { bytes } = syntheticImage();
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), (length) => assertDamaged(bytes.subarray(0, length), /damaged/)),
    { numRuns: 300 },
  );
});

test('any other bytes are refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 4096 }), (bytes) => assertDamaged(Buffer.from(bytes), /damaged/)),
    { numRuns: 300 },
  );
});

test('another format, another identity and pages outside of the file are named', () => {
  assertDamaged(
    changed(({ bytes, imageOffset }) => bytes.writeUInt32LE(99, imageOffset + 8)),
    /its format is 99 and this version reads 1/,
  );
  assertDamaged(
    changed(({ bytes, imageOffset }) => bytes.fill(0, imageOffset + 200, imageOffset + 216)),
    /its manifest has the id .* and its head 00000000-0000-0000-0000-000000000000/,
  );
  assertDamaged(
    changed(({ bytes }) => bytes.fill(0xff, 64 + 2 * 56 + 8, 64 + 2 * 56 + 16)),
    /program header 2 is cut off or out of range/,
  );
});
