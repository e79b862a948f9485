import assert from 'node:assert/strict';
import { delimiter, dirname } from 'node:path';
import { describe, it } from 'node:test';
import { AVAILABILITY_STATUSES, type AvailabilityStatus } from 'node-crac/engine';
import { createFake } from '../checkpoint/fake.js';
import { programFile } from '../support/image.js';
import { crac } from '../support/paths.js';
import { runToEnd } from '../support/start.js';

describe('options of an engine', () => {
  it('are listed on request, all of them or those that are asked for', async (t) => {
    const ask = async (list: string): Promise<string> => {
      const program = programFile('engines/programs/refusals');
      const command = [crac, 'run', '--engine', 'native', '--engine-options', list, program];
      const env = { PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH']}` };
      const { code, stdout, stderr } = await runToEnd(t, command, { env });
      assert.deepEqual([code, stderr], [0, ''], 'the program does not begin');
      return stdout;
    };
    assert.match(await ask('help'), /^Engine native: .*\nOPTION +TYPE .*\n(?:.*\n)*verify +boolean /);
    assert.match(
      await ask('help=nothing-like-it'),
      /None of its options holds "nothing-like-it" in its name/,
    );
  });
});

describe('the availability of an engine', () => {
  it('is told as the engine says it', () => {
    for (const status of AVAILABILITY_STATUSES) {
      const fake = createFake({ engine: { availability: () => ({ status, reason: 'So it is.' }) } });
      assert.deepEqual(fake.manager.availability(), { status, reason: 'So it is.' });
    }
  });

  it('is advisory while it is not ready yet', async () => {
    const fake = createFake({ engine: { availability: () => ({ status: 'not-yet', reason: 'Later.' }) } });
    assert.equal((await fake.manager.checkpoint()).restored, true);
    assert.deepEqual(fake.log, ['engine']);
  });

  it('is warned of when nobody knows its status, and the checkpoint is tried', async () => {
    const status = 'perhaps' as AvailabilityStatus;
    const fake = createFake({ engine: { availability: () => ({ status }) } });
    assert.equal((await fake.manager.checkpoint()).restored, true);
    assert.match(
      fake.log[0] ?? '',
      /^warning: Engine fake says of its availability "perhaps", which is unknown/,
    );
    assert.equal(fake.log[1], 'engine');
  });
});
