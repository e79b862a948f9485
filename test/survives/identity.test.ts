import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { checkpoint, programFile, type RestoreOptions, startRestored } from '../support/image.js';
import { crac } from '../support/paths.js';
import { firstOf, needsCommand, needsRoot, needsWorking } from '../support/requirements.js';
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
  readonly umask: number;
  readonly hours: number;
  readonly timeZone: string;
  readonly home: string;
  readonly parallelism: number;
  readonly uid: number;
  readonly user: string;
  readonly hostname: string;
}

const UMASK = ['sh', '-c', 'umask "$0"; exec "$@"'];
const NOBODY = ['setpriv', '--reuid', '65534', '--clear-groups'];
const OTHER_HOST = ['unshare', '--uts', 'sh', '-c', 'hostname elsewhere; exec "$0" "$@"'];

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

describe('the environment of the restored process', () => {
  const env = { HOME: '/new', COLOUR: 'blue' };

  for (const [policy, expected] of [
    ['replace', ['/new', 'blue', undefined]],
    ['merge', ['/new', 'blue', 'yes']],
    ['image', ['/old', undefined, 'yes']],
  ] as const) {
    it(`follows --env ${policy}, also for native code and for who holds process.env`, async (t) => {
      const { image } = await prepare(t, { HOME: '/old' });
      for (const options of [['--env', policy], [`--env=${policy}`]]) {
        const { told } = await ask(t, image, { options, env });
        assert.deepEqual([told.env['HOME'], told.env['COLOUR'], told.env['ONLY_BEFORE']], expected);
        assert.equal(told.home, expected[0]);
      }
    });
  }

  it('keeps what the program has set where the restorer has nothing', async (t) => {
    const { image } = await prepare(t);
    const { told } = await ask(t, image, { env: { SET_BY_BOTH: 'of the restorer' } });
    assert.deepEqual([told.env['SET_BY_PROGRAM'], told.env['SET_BY_BOTH']], ['own', 'of the restorer']);
    assert.equal(told.env['ONLY_BEFORE'], undefined);
  });

  it('is refused under a policy that does not exist', async (t) => {
    const { image } = await prepare(t);
    for (const options of [['--env', 'both'], ['--env=']]) {
      const { code, stderr } = await startRestored(t, image, { options }).ended;
      assert.equal(code, 64);
      assert.match(stderr, /--env needs 'replace', 'merge' or 'image'/);
    }
  });

  it('brings the time zone along', async (t) => {
    const { image } = await prepare(t, { TZ: 'Europe/Berlin' });
    for (const TZ of ['Asia/Tokyo', 'America/New_York', 'UTC']) {
      const { told } = await ask(t, image, { env: { TZ } });
      const hour = execFileSync('date', ['-d', '@0', '+%-H'], { env: { TZ }, encoding: 'utf8' });
      assert.equal(told.hours, Number(hour));
      assert.equal(told.timeZone, TZ);
    }
    const { told } = await ask(t, image, { options: ['--env', 'image'], env: { TZ: 'Asia/Tokyo' } });
    assert.equal(told.hours, 1);
  });
});

describe('what the kernel says of the restored process', () => {
  it('forbids new files what the image or the restorer forbids them', async (t) => {
    for (const [of, restorer, expected] of [
      ['022', '022', 0o022],
      ['077', '022', 0o077],
      ['022', '077', 0o077],
      ['002', '020', 0o022],
    ] as const) {
      const { image } = await prepare(t, {}, [...UMASK, of]);
      const { told } = await ask(t, image, { wrapper: [...UMASK, restorer] });
      assert.equal(told.umask, expected);
    }
  });

  it('is its parallelism', { skip: needsWorking(['taskset', '-c', '0', 'true'], 'taskset') }, async (t) => {
    const { image } = await prepare(t);
    assert.equal((await ask(t, image, { wrapper: ['taskset', '-c', '0'] })).told.parallelism, 1);
  });

  it('is its user', { skip: firstOf(needsRoot(), needsCommand('setpriv')) }, async (t) => {
    const { image } = await prepare(t);
    execFileSync('chown', ['-R', '65534', image]);
    execFileSync('chmod', ['711', join(image, '..')]);
    const { told } = await ask(t, image, { wrapper: NOBODY, cwd: '/' });
    assert.deepEqual(
      [told.uid, told.user],
      [65_534, execFileSync('id', ['-un', '65534'], { encoding: 'utf8' }).trim()],
    );
  });

  it('is the name of its host', {
    skip: needsWorking(OTHER_HOST.concat('true'), 'UTS namespaces'),
  }, async (t) => {
    const { image } = await prepare(t);
    assert.equal((await ask(t, image, { wrapper: OTHER_HOST })).told.hostname, 'elsewhere');
  });

  it('lets it run where its directory is gone', async (t) => {
    const { image } = await prepare(t);
    const there = join(scratch(t), 'gone');
    mkdirSync(there);
    const { code, stderr } = await startRestored(t, image, {
      wrapper: ['sh', '-c', 'rmdir "$PWD"; exec "$0" "$@"'],
      cwd: there,
    }).ended;
    assert.throws(() => rmdirSync(there));
    assert.match(stderr, /uv_cwd/);
    assert.equal(code, 1);
  });
});

async function prepare(
  t: Parameters<typeof scratch>[0],
  env: Readonly<Record<string, string>> = {},
  wrapper: readonly string[] = [],
): Promise<{ image: string; before: string }> {
  const before = scratch(t);
  const options = { args: ['old'], env: { ONLY_BEFORE: 'yes', ...env }, cwd: before, wrapper };
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
