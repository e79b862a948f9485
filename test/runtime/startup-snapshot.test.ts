import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { checkpoint, restore } from '../support/image.js';
import { repository } from '../support/paths.js';
import { scratch } from '../support/scratch.js';
import { start } from '../support/start.js';

const COPIES = 50;
const nodeArgs = ['--import', join(repository, 'dist/register.js')];

describe('object ids of MongoDB', () => {
  for (const way of ['bson by require', 'bson by import', 'mongodb']) {
    it(`differ between copies (${way})`, async (t) => {
      const ids = await idsOfCopies(t, COPIES, { args: [way] });
      assert.equal(new Set(ids).size, COPIES * 20);
    });
  }

  it('differ between copies (bson in a worker)', async (t) => {
    const ids = await idsOfCopies(t, COPIES, { args: ['bson by require', 'worker'] });
    assert.equal(new Set(ids).size, COPIES * 20);
  });

  it('repeat when this is switched off', async (t) => {
    const env = { CRAC_RUNTIME: '-startup-snapshot' };
    const ids = await idsOfCopies(t, 2, { args: ['bson by require'], env });
    assert.equal(new Set(ids).size, 20);
  });
});

describe('v8.startupSnapshot', () => {
  it('calls what was registered in its order, before each image and after each restore', async (t) => {
    const directory = await checkpoint(t, 'runtime/programs/snapshot-hooks', { nodeArgs });
    const second = `${directory}.second`;
    const once = await restore(t, directory, { env: { CRAC_CHECKPOINT_TO: second } });
    assert.deepEqual([once.code, once.stderr], [0, '']);
    const { stdout, stderr } = await restore(t, second);
    assert.deepEqual(
      [stdout, stderr],
      ['before 1,before 2,after 1,after 2,before 1,before 2,after 1,after 2\n', ''],
    );
  });

  it('starts a program that wants to be started from a snapshot', async (t) => {
    const program = `
      const v8 = process.getBuiltinModule('v8');
      v8.startupSnapshot.setDeserializeMainFunction((word) => console.log(word), 'started');`;
    const { stdout } = await start(t, [process.execPath, ...nodeArgs, '-e', program]).ended;
    assert.equal(stdout, 'started\n');
  });

  it('is left alone where Node builds a snapshot', async (t) => {
    const directory = scratch(t);
    const program = join(directory, 'entry.cjs');
    writeFileSync(
      program,
      `
      const { startupSnapshot } = process.getBuiltinModule('v8');
      startupSnapshot.setDeserializeMainFunction(() => console.log('deserialized'));`,
    );
    const blob = join(directory, 'blob');
    const build = [process.execPath, ...nodeArgs, '--snapshot-blob', blob, '--build-snapshot', program];
    const built = await start(t, build).ended;
    assert.equal(built.code, 0, built.stderr);
    const { stdout } = await start(t, [process.execPath, '--snapshot-blob', blob]).ended;
    assert.equal(stdout, 'deserialized\n');
  });
});

async function idsOfCopies(t: TestContext, copies: number, options: object): Promise<string[]> {
  const directory = await checkpoint(t, 'runtime/programs/object-ids', { nodeArgs, ...options });
  const ended = await Promise.all(Array.from({ length: copies }, () => restore(t, directory)));
  for (const { code, stderr } of ended) assert.deepEqual([code, stderr], [0, '']);
  return ended.flatMap(({ stdout }) => stdout.trim().split('\n'));
}
