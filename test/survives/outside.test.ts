import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertSurvives, checkpoint, restore } from '../support/image.js';

describe('the world outside', () => {
  it('starts child processes', (t) => assertSurvives(t, 'survives/programs/spawn-after'));
  it('fetches', (t) => assertSurvives(t, 'survives/programs/fetch-after'));
  it('looks up names', (t) => assertSurvives(t, 'survives/programs/dns-after'));
  it('keeps inspector sessions and opens the inspector', async (t) => {
    const { code, stdout, stderr } = await restore(t, await checkpoint(t, 'survives/programs/inspector'));
    assert.match(stderr, /^Debugger listening on ws:[^\n]*\nFor help[^\n]*\n$/);
    assert.deepEqual({ code, stdout }, { code: 0, stdout: 'pass\n' });
  });
  it('gives every restored process random bytes and keys of its own', async (t) => {
    const image = await checkpoint(t, 'survives/programs/randomness');
    const values = new Set<unknown>();
    for (let run = 0; run < 3; run++) {
      const { stdout, stderr } = await restore(t, image);
      assert.equal(stderr, '');
      for (const value of Object.values(JSON.parse(stdout) as object)) values.add(value);
    }
    assert.equal(values.size, 3 * 3, 'Two restored processes made the same random value.');
  });
});
