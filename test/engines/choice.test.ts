import assert from 'node:assert/strict';
import { delimiter, dirname } from 'node:path';
import { describe, it } from 'node:test';
import { AVAILABILITY_STATUSES, type AvailabilityStatus, type EngineModule } from 'node-crac/engine';
import { parseOptions } from '#dist/engines/selection/parse-options.js';
import { createFake } from '../checkpoint/fake.js';
import { programFile } from '../support/image.js';
import { crac } from '../support/paths.js';
import { runToEnd } from '../support/start.js';

const described: Pick<EngineModule, 'name' | 'options'> = {
  name: 'sample',
  options: [
    { key: 'level', type: 'number', default: 3, phases: ['checkpoint'], description: 'how much' },
    { key: 'map', type: 'boolean', phases: ['checkpoint', 'restore'], description: 'map pages' },
    { key: 'words', type: 'text', phases: ['restore'], description: 'more words' },
  ],
};

/** What an engine gets when its options stand in the list for both phases and in that of its phase. */
function options(phase: 'checkpoint' | 'restore', both?: string, own?: string): unknown {
  return parseOptions(described, phase, [
    { given: both, strict: false },
    { given: own, strict: true },
  ]);
}

describe('options of an engine', () => {
  it('have defaults, and the list of one phase counts more than that of both', () => {
    assert.deepEqual(options('checkpoint'), { level: 3 });
    assert.deepEqual(options('checkpoint', 'level=4,map', 'level=5'), { level: 5, map: true });
  });

  it('of the other phase are left aside in the list of both, and refused in that of one', () => {
    assert.deepEqual(options('restore', 'level=4,words=a\\,b'), { words: 'a,b' });
    assert.throws(
      () => options('restore', '', 'level=4'),
      /Option "level" of engine sample is none of a restore/,
    );
  });

  it('must have the type that the engine describes', () => {
    assert.throws(() => options('checkpoint', 'level=much'), { code: 'ERR_CRAC_ENGINE_OPTION' });
    assert.throws(() => options('checkpoint', 'map=perhaps'), /must be true or false, but it is/);
  });

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
