import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { syntheticImage } from '../image/synthetic-image.js';
import { call, makePlace, type Place } from './support.js';

function writeImage(place: Place): ReturnType<typeof syntheticImage> {
  const image = syntheticImage();
  mkdirSync(place.image, { mode: 0o700 });
  writeFileSync(join(place.image, 'process.core'), image.bytes, { mode: 0o600 });
  writeFileSync(join(place.image, 'manifest.json'), image.manifest, { mode: 0o600 });
  return image;
}

test('an image is shown for people', async (t) => {
  const place = makePlace(t);
  const { id } = writeImage(place);
  const { code, stdout, stderr } = await call(t, place, 'inspect', 'image');
  assert.deepEqual([code, stderr], [0, '']);
  const lines = [
    `id +${id}`,
    'generation +1',
    'size +\\d+\\.\\d KiB: head 8\\.0 KiB, pages 12\\.0 KiB in 2 runs',
    'kernel +io_uring$',
    'descriptors +at least 21',
    '4242 +node',
    'clock +2023-11-14T22:13:20\\.000Z, monotonic 5\\.000 s, policy wall',
    'Math\\.random +1 generators',
    'random pools +2 that get 3\\.0 KiB of new bytes; 4 fillings had no room in the table and may repeat',
    '10 +file +/dev/null at byte 12, even if it has changed',
    '11 +closed +closed by a policy',
    '20 +listener +tcp 127\\.0\\.0\\.1:3000, or where PORT says',
    '/usr/bin/node +8\\.8 KiB +build-id (ab)+',
  ];
  for (const line of lines) assert.match(stdout, new RegExp(line, 'm'));
});

test('an image is shown for programs', async (t) => {
  const place = makePlace(t);
  const { id, bytes } = writeImage(place);
  const { code, stdout } = await call(t, place, 'inspect', place.image, '--json');
  const { directory, problems, diskUsage, image } = JSON.parse(stdout);
  assert.deepEqual([code, directory, problems], [0, place.image, []]);
  assert.ok(diskUsage > 0);
  assert.deepEqual([image.id, image.manifest.id, image.size], [id, id, bytes.length]);
  assert.equal(image.descriptors.length, 11);
});

test('an image without its core file is none, whatever lies beside it', async (t) => {
  const place = makePlace(t);
  writeImage(place);
  rmSync(join(place.image, 'process.core'));
  for (const verb of ['inspect', 'restore']) {
    const { code, stdout, stderr } = await call(t, place, verb, 'image');
    assert.deepEqual([code, stdout], [66, ''], verb);
    assert.match(stderr, /^crac: There is no readable image at .*\/image\/process\.core: .*\n$/);
  }
});

test('a fifo in the place of the core file is damage and waits for nobody', async (t) => {
  const place = makePlace(t);
  writeImage(place);
  rmSync(join(place.image, 'process.core'));
  execFileSync('mkfifo', [join(place.image, 'process.core')]);
  for (const verb of ['inspect', 'restore']) {
    const { code, stderr } = await call(t, place, verb, 'image');
    assert.equal(code, 65, verb);
    assert.match(stderr, /is damaged: it is not a regular file/);
  }
});

test('a manifest.json that differs, and files that others may write, are reported', async (t) => {
  const place = makePlace(t);
  const { manifest } = writeImage(place);
  const copy = join(place.image, 'manifest.json');
  const cases: [() => void, RegExp][] = [
    [
      () => writeFileSync(copy, manifest.replace('"native"', '"other"')),
      /manifest\.json differs from the manifest inside/,
    ],
    [() => writeFileSync(copy, '{'), /manifest\.json is invalid: it is not JSON/],
    [() => chmodSync(place.image, 0o770), /image can be written by others than its owner \(0770\)/],
    [() => chmodSync(join(place.image, 'process.core'), 0o602), /process\.core can be written by others/],
  ];
  for (const [spoil, message] of cases) {
    spoil();
    const { code, stdout, stderr } = await call(t, place, 'inspect', 'image');
    assert.equal(code, 65);
    assert.match(stdout, /^IMAGE/);
    assert.match(stderr, message);
  }
});

test('an image that is damaged or not there is one sentence', async (t) => {
  const place = makePlace(t);
  const { bytes } = writeImage(place);
  const core = join(place.image, 'process.core');
  const word = bytes.indexOf('createdAt');
  const damages: [Buffer, RegExp][] = [
    [Buffer.alloc(0), /it ends after 0 bytes/],
    [bytes.subarray(0, 5000), /it is cut off inside of its head/],
    [bytes.subarray(0, 12_288), /it has 12288 bytes and its head says 20480/],
    [Buffer.from(bytes).fill('x', word, word + 1), /the checksum of its head does not match/],
    [Buffer.from('#!/bin/sh\n'.repeat(100)), /it is not a 64-bit little-endian ELF file/],
  ];
  for (const [content, reason] of damages) {
    writeFileSync(core, content);
    const ended = await call(t, place, 'inspect', 'image');
    assert.deepEqual([ended.code, ended.stdout], [65, '']);
    assert.match(ended.stderr, reason);
    assert.match(ended.stderr, /^crac: Image .*process\.core is damaged: .*\n$/);
  }
  const missing = await call(t, place, 'inspect', 'nowhere');
  assert.equal(missing.code, 66);
  assert.match(missing.stderr, /^crac: There is no readable image at .*nowhere\/process\.core: .*\n$/);
});

test('secrets are searched for by pattern or by variable, and never shown', async (t) => {
  const place = makePlace(t);
  const { bytes, headSize } = writeImage(place);
  bytes.write('token=sk_live', headSize + 40);
  writeFileSync(join(place.image, 'process.core'), bytes);
  const cases: [options: string[], code: number, message: RegExp][] = [
    [['--pattern', 'sk_live'], 1, /^pattern 1 +one-byte +0x1002e +\S+\nSecrets: 1 place\.\n$/m],
    [['--pattern', '/sk_[a-z]+/', '--pattern', 'absent'], 1, /^pattern 1 +one-byte +0x1002e/m],
    [['--pattern', 'absent'], 0, /^Secrets: none of 1 found\.\n$/],
    [
      ['--grep-secrets', '--env', 'CRAC_TEST_ABSENT'],
      64,
      /^CRAC_TEST_ABSENT is not set and was not searched for\./,
    ],
  ];
  for (const [options, code, message] of cases) {
    const ended = await call(t, place, 'inspect', 'image', ...options);
    assert.equal(ended.code, code, ended.stderr);
    assert.match(ended.stdout + ended.stderr, message);
    assert.doesNotMatch(ended.stdout, /sk_live/);
  }
  for (const pattern of ['/(/', '', '/x*/']) {
    const wrong = await call(t, place, 'inspect', 'image', '--grep-secrets', '--pattern', pattern);
    assert.deepEqual([wrong.code, wrong.stdout], [64, ''], pattern);
  }
});
