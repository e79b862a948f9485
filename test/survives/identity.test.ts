import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkpoint, programFile, type RestoreOptions, startRestored } from '../support/image.js';
import { crac } from '../support/paths.js';
import { scratch } from '../support/scratch.js';

interface Identity {
  readonly before: { readonly pid: number; readonly cwd: string };
  readonly restored: { readonly generation: number; readonly args: readonly string[]; readonly cwd: string };
  readonly pid: number;
  readonly ppid: number;
  readonly cwd: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly execPath: string;
}

describe('who the restored process is', () => {
  it('takes arguments, environment, PID and working directory from its restorer', async (t) => {
    const { image, before } = await prepare(t);
    const there = scratch(t);
    const { told, pid } = await ask(t, image, {
      args: ['new', '--flag'],
      env: { COLOUR: 'blue' },
      cwd: there,
    });
    assert.equal(told.pid, pid);
    assert.equal(told.ppid, process.pid);
    assert.deepEqual(told.argv, [
      process.execPath,
      programFile('survives/programs/identity'),
      'new',
      '--flag',
    ]);
    assert.equal(told.execPath, process.execPath);
    assert.equal(told.env['COLOUR'], 'blue');
    assert.equal(told.env['ONLY_BEFORE'], undefined);
    assert.equal(told.cwd, there);
    assert.equal(told.before.cwd, before);
    assert.equal(told.restored.generation, 1);
    assert.deepEqual(told.restored.args, ['new', '--flag']);
  });

  it('keeps the old arguments when none are given', async (t) => {
    const { image } = await prepare(t);
    assert.deepEqual((await ask(t, image, {})).told.argv.slice(2), ['old']);
    assert.deepEqual((await ask(t, image, { args: [] })).told.argv.slice(2), []);
  });

  it('keeps the old working directory when asked to', async (t) => {
    const { image, before } = await prepare(t);
    const { told } = await ask(t, image, { options: ['--cwd', 'image'], cwd: '/' });
    assert.equal(told.cwd, before);
  });

  it('is the process that `crac restore` was', async (t) => {
    const { image } = await prepare(t);
    const { told, pid } = await ask(t, image, { command: [crac, 'restore'], args: ['by the command'] });
    assert.equal(told.pid, pid);
    assert.deepEqual(told.argv.slice(2), ['by the command']);
  });
});

async function prepare(t: Parameters<typeof scratch>[0]): Promise<{ image: string; before: string }> {
  const before = scratch(t);
  const options = { args: ['old'], env: { ONLY_BEFORE: 'yes' }, cwd: before };
  return { image: await checkpoint(t, 'survives/programs/identity', options), before };
}

async function ask(
  t: Parameters<typeof scratch>[0],
  image: string,
  options: RestoreOptions,
): Promise<{ told: Identity; pid: number }> {
  const restored = startRestored(t, image, options);
  const { code, stdout, stderr } = await restored.ended;
  assert.equal(code, 0, stderr);
  return { told: JSON.parse(stdout) as Identity, pid: restored.pid };
}
