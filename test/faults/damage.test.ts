import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { headSize, memorySegments } from '../support/elf.js';
import { assertPasses, checkpoint } from '../support/image.js';
import { launcher } from '../support/paths.js';

const PAGE = 4096;
const FLIPS = 400;
const BODY_SAMPLES = 60;

describe('a damaged image is refused as such', () => {
  it('refuses an image that was cut at any page of its head and at many of its body', async (t) => {
    const image = await checkpoint(t, 'survives/programs/counter');
    const core = join(image, 'process.core');
    const { whole, size, head } = measure(core);
    copyFileSync(core, `${image}.whole`);
    const bodyPages = (size - head) / PAGE;
    const cuts = Array.from(
      { length: BODY_SAMPLES },
      (_, index) => head + PAGE * Math.floor((index * bodyPages) / BODY_SAMPLES),
    );
    const pages = Array.from({ length: head / PAGE }, (_, index) => index * PAGE);
    const fd = openSync(core, 'r+');
    for (const length of [size - 1, size - PAGE, ...cuts, ...pages, 1, 63, 64, 200].sort((a, b) => b - a)) {
      ftruncateSync(fd, length);
      assertDamaged(image, [], `cut to ${length} bytes`);
    }
    closeSync(fd);
    copyFileSync(`${image}.whole`, core);
    assert.equal(whole.length, head);
    await assertPasses(t, image);
  });

  it('refuses an image with a changed byte in its head', async (t) => {
    const image = await checkpoint(t, 'survives/programs/counter');
    const core = join(image, 'process.core');
    const { whole, head } = measure(core);
    const fd = openSync(core, 'r+');
    for (let flip = 0; flip < FLIPS; flip++) {
      const offset = flip < 128 ? flip : (Math.imul(flip, 2_654_435_761) >>> 0) % head;
      writeSync(fd, Uint8Array.of((whole[offset] ?? 0) ^ (1 << (flip % 8))), 0, 1, offset);
      assertDamaged(image, [], `bit ${flip % 8} of byte ${offset} changed`);
      writeSync(fd, whole.subarray(offset, offset + 1), 0, 1, offset);
    }
    closeSync(fd);
    await assertPasses(t, image);
  });

  it('finds a changed byte in its pages when asked to verify', async (t) => {
    const image = await checkpoint(t, 'survives/programs/counter');
    const core = join(image, 'process.core');
    const memory = memorySegments(core);
    assert.equal(verify(image).status, 0, verify(image).stderr);
    const fd = openSync(core, 'r+');
    for (let sample = 0; sample < 8; sample++) {
      const segment = memory[Math.floor(((sample + 0.5) * memory.length) / 8)] ?? assert.fail();
      const offset = segment.offset + Math.floor(segment.size / 2);
      const byte = new Uint8Array(1);
      readSync(fd, byte, 0, 1, offset);
      writeSync(fd, Uint8Array.of((byte[0] ?? 0) ^ 0x10), 0, 1, offset);
      assertDamaged(image, ['--verify'], `byte ${offset} of the pages changed`);
      writeSync(fd, byte, 0, 1, offset);
    }
    closeSync(fd);
    assert.equal(verify(image).status, 0);
  });
});

function measure(core: string): { whole: Buffer; size: number; head: number } {
  const head = headSize(core);
  return { whole: readFileSync(core).subarray(0, head), size: statSync(core).size, head };
}

function verify(image: string): { status: number | null; stderr: string } {
  return spawnSync(launcher, ['--verify', image], { encoding: 'utf8', timeout: 20_000 });
}

function assertDamaged(image: string, options: readonly string[], what: string): void {
  const { status, signal, stdout, stderr } = spawnSync(launcher, [...options, image], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  assert.equal(signal, null, `${what}: ended by ${signal}`);
  assert.equal(stdout, '', what);
  assert.ok(status === 65, `${what}: status ${status}: ${stderr}`);
  assert.match(stderr, /^[^\n]+\n$/, what);
}
