import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { assertCheckpointed, checkpoint, programFile, restore } from '../support/image.js';
import { crac } from '../support/paths.js';
import { scratch } from '../support/scratch.js';
import { start } from '../support/start.js';

const PROGRAM = 'survives/programs/compilers';

/** Only a V8 with Maglev is held. */
const isHeld = Number((process.config.variables as { v8_enable_maglev?: unknown }).v8_enable_maglev) === 1;

/** Checkpoints the program without its doing; gives the directory of the image. */
async function checkpointUnattended(t: TestContext, way: string): Promise<string> {
  const image = join(scratch(t), 'image');
  const env = { PATH: `${dirname(process.execPath)}:${process.env['PATH']}`, CRAC_RUNTIME_DIR: scratch(t) };
  const options = ['--checkpoint-to', image, '--checkpoint-when', 'after=300ms'];
  assertCheckpointed(
    await start(t, [crac, 'run', ...options, programFile(PROGRAM), way], { env }).ended,
    image,
  );
  return image;
}

/** Whether V8 optimised something at once after the restore, and later. */
async function seenAfter(t: TestContext, image: string): Promise<string> {
  const { stdout, stderr } = await restore(t, image);
  assert.equal(stderr, '');
  return stdout.trim();
}

describe('V8 compiles', () => {
  it('at once where the program goes on with work of its own', async (t) => {
    assert.equal(await seenAfter(t, await checkpoint(t, PROGRAM, { args: ['itself'] })), 'true true');
  });
  it('at once where a function waits for the restore', async (t) => {
    assert.equal(await seenAfter(t, await checkpointUnattended(t, 'main')), 'true true');
  });
  it('from the first collection on in a program that goes on as it was', async (t) => {
    assert.equal(await seenAfter(t, await checkpointUnattended(t, 'collecting')), `${!isHeld} true`);
  });
  it('after two seconds at the latest', async (t) => {
    assert.equal(await seenAfter(t, await checkpointUnattended(t, 'waiting')), `${!isHeld} true`);
  });
});
