import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { assertPasses, checkpoint, type RestoreOptions, startRestored } from '../support/image.js';
import { repository } from '../support/paths.js';

interface Said {
  readonly pid: number;
  readonly hours: number;
  readonly locale: string;
  readonly env: readonly (string | null)[];
  readonly mistakes: number;
}

const KINDS = ['steady', 'shared', 'nested', 'busy', 'fresh'] as const;
const REGISTER = ['--import', `${repository}dist/register.js`];
const BEFORE = { COLOUR: 'red', ONLY_BEFORE: 'yes', TZ: 'Europe/Berlin', LANG: 'de_DE.UTF-8' };
const AFTER = { COLOUR: 'blue', TZ: 'Asia/Tokyo', LANG: 'fr_FR.UTF-8' };

describe('worker threads from before the checkpoint', () => {
  it('have the PID, environment, time zone and locale of the restored process before they do anything else', async (t) => {
    const { said, pid } = await ask(t, await prepare(t), { env: AFTER });
    for (const kind of KINDS) {
      assert.equal(said[kind]?.pid, pid, kind);
      assert.deepEqual(said[kind]?.env, ['blue', null, 'Asia/Tokyo', 'own'], kind);
      assert.equal(said[kind]?.hours, 9, kind);
      assert.equal(said[kind]?.locale, 'fr-FR', kind);
    }
    assert.equal(said['steady']?.mistakes, 0);
  });

  it('follow also when they are made of a text, where the preload is required as crac run does it', async (t) => {
    const image = await checkpoint(t, 'survives/programs/text-worker', {
      nodeArgs: ['--require', `${repository}dist/register.js`],
      env: BEFORE,
    });
    await assertPasses(t, image, { env: AFTER });
  });

  it('keep variables that the program gave them, or did not give them', async (t) => {
    const { said } = await ask(t, await prepare(t), { env: AFTER });
    assert.deepEqual(said['own']?.env, ['own', null, null, null]);
  });

  it('keep the environment of the image when the main thread does', async (t) => {
    const { said, pid } = await ask(t, await prepare(t), { env: AFTER, options: ['--env', 'image'] });
    for (const kind of KINDS) {
      assert.equal(said[kind]?.pid, pid, kind);
      assert.deepEqual(said[kind]?.env, ['red', 'yes', 'Europe/Berlin', 'own'], kind);
      assert.equal(said[kind]?.hours, 1, kind);
    }
  });

  it('keep what they were where that is switched off', async (t) => {
    const { said, pid } = await ask(t, await prepare(t, { CRAC_RUNTIME: '-workers' }), { env: AFTER });
    assert.equal(said['main']?.pid, pid);
    assert.notEqual(said['steady']?.pid, pid);
    assert.notEqual(said['steady']?.mistakes, 0);
    assert.equal(said['steady']?.hours, 1);
    assert.equal(said['fresh']?.pid, pid);
  });
});

function prepare(t: TestContext, env: Readonly<Record<string, string>> = {}): Promise<string> {
  return checkpoint(t, 'survives/programs/worker-identity', {
    nodeArgs: REGISTER,
    env: { ...BEFORE, ...env },
  });
}

async function ask(
  t: TestContext,
  image: string,
  options: RestoreOptions,
): Promise<{ said: Readonly<Record<string, Said>>; pid: number }> {
  const restored = startRestored(t, image, options);
  const { code, stdout, stderr } = await restored.ended;
  assert.equal(code, 0, stderr);
  assert.equal(stderr, '');
  return { said: JSON.parse(stdout) as Record<string, Said>, pid: restored.pid };
}
