import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  assertCheckpointed,
  assertPassed,
  assertPasses,
  assertSurvives,
  checkpoint,
  restore,
  startProgram,
} from '../support/image.js';
import { scratch } from '../support/scratch.js';

const RESTORES = 200;
const AT_ONCE = 20;

describe('many restores and many checkpoints', () => {
  it(`restores one image ${RESTORES} times`, async (t) => {
    const image = await checkpoint(t, 'survives/programs/counter');
    for (let done = 0; done < RESTORES; done += 4) {
      await Promise.all(Array.from({ length: 4 }, () => assertPasses(t, image)));
    }
  });

  it(`restores one image ${AT_ONCE} times at once`, async (t) => {
    const image = await checkpoint(t, 'survives/programs/workers');
    await Promise.all(Array.from({ length: AT_ONCE }, () => assertPasses(t, image)));
  });

  it('checkpoints a restored process ten times to the same directory', async (t) => {
    const image = await checkpoint(t, 'survives/programs/chain', { args: ['10'] });
    for (let generation = 1; generation < 10; generation++) {
      const { code, stdout, stderr } = await restore(t, image);
      assert.deepEqual(
        { code, stdout, stderr },
        { code: 0, stdout: '', stderr: '' },
        `generation ${generation}`,
      );
    }
    await assertPasses(t, image);
  });

  it('checkpoints a restored process to another directory and leaves the first image as it was', async (t) => {
    const folder = scratch(t);
    const [first, second] = [join(folder, 'first'), join(folder, 'second')];
    await checkpoint(t, 'survives/programs/chain', { directory: first, args: ['2', first, second] });
    for (let run = 0; run < 2; run++) {
      assertCheckpointed(await restore(t, first), second);
      await assertPasses(t, second);
    }
  });

  it('keeps a process running whose image restores, too', async (t) => {
    const directory = join(scratch(t), 'image');
    const original = await startProgram(t, 'survives/programs/keep-running', { directory }).ended;
    assert.deepEqual(original, { code: 0, signal: null, stdout: 'running\n', stderr: '' });
    assert.ok(existsSync(join(directory, 'process.core')));
    const expected = { code: 0, signal: null, stdout: 'restored\n', stderr: '' };
    for (let run = 0; run < 2; run++) assert.deepEqual(await restore(t, directory), expected);
  });

  it('compares the image with the stopped process when asked to', async (t) => {
    const env = { VERIFY_IMAGE: '1' };
    for (const program of ['workers', 'wasm', 'heavy-gc']) {
      await assertSurvives(t, `survives/programs/${program}`, { env, nodeArgs: ['--expose-gc'] });
    }
  });

  it('restores by copying eagerly, too', async (t) => {
    const image = await checkpoint(t, 'survives/programs/workers');
    assertPassed(await restore(t, image, { options: ['--eager'] }));
  });
});
