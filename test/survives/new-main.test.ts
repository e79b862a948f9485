import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { checkpoint, restore } from '../support/image.js';
import { scratch } from '../support/scratch.js';

describe('a new main', () => {
  it('gets the arguments of the restore, or the old ones when there are none', async (t) => {
    const image = await checkpoint(t, 'survives/programs/new-main', { args: ['old'] });
    const given = await restore(t, image, { args: ['a', '--b'] });
    assert.deepEqual(
      [given.code, given.stdout],
      [0, 'main 1 ["a","--b"]\ncaller true ["a","--b"]\n'],
      given.stderr,
    );
    const none = await restore(t, image);
    assert.deepEqual([none.code, none.stdout], [0, 'main 1 ["old"]\ncaller false []\n'], none.stderr);
  });

  it('ends the process with status 1 when it fails', async (t) => {
    const image = await checkpoint(t, 'survives/programs/new-main');
    const { code, stdout, stderr } = await restore(t, image, { args: ['fail'] });
    assert.equal(code, 1);
    assert.match(stdout, /^main 1 \["fail"\]\n/);
    assert.match(stderr, /TypeError: the new main failed\n\s+at .*new-main/);
  });

  it('begins in every generation', async (t) => {
    const first = await checkpoint(t, 'survives/programs/new-main');
    const second = join(scratch(t), 'second');
    const again = await restore(t, first, { args: ['again'], env: { CRAC_CHECKPOINT_TO: second } });
    assert.equal(again.code, 0, again.stderr);
    assert.match(again.stdout, /^main 1 \["again"\]\n/);
    const last = await restore(t, second, { args: ['end'] });
    assert.equal(last.code, 0, last.stderr);
    assert.match(last.stdout, /main 2 \["end"\]\n/);
  });
});
