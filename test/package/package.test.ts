import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { assertCheckpointed } from '../support/image.js';
import { repository } from '../support/paths.js';
import { scratch } from '../support/scratch.js';
import { type Ended, runToEnd, start } from '../support/start.js';

const QUIET = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];

/** What each entry exports at run time. */
const EXPORTS = {
  'node-crac': [
    'CheckpointException',
    'CheckpointOpenFileException',
    'CheckpointOpenResourceException',
    'CheckpointOpenSocketException',
    'Context',
    'Core',
    'CracException',
    'RestoreException',
    'Secret',
    'getGlobalContext',
    'isCracException',
    'isImplemented',
    'onRestore',
  ],
  'node-crac/adapters': ['bsonResource', 'pinoResource', 'renewed', 'tlsFilesResource'],
  'node-crac/engine': [
    'AVAILABILITY_STATUSES',
    'ENGINE_ANNOUNCEMENTS',
    'ENGINE_OPTION_TYPES',
    'ENGINE_PHASES',
  ],
  'node-crac/management': [
    'addScoreProvider',
    'checkpointAvailability',
    'checkpointRestore',
    'getScores',
    'isImplemented',
    'lastCheckpoint',
    'lastRestore',
    'prepare',
    'removeScore',
    'renewRandomness',
    'restoreTime',
    'resume',
    'setScore',
    'uptimeSinceRestore',
  ],
  'node-crac/register': [],
  'node-crac/testing': ['createCheckpointSimulator'],
};

describe('the packed tarball', () => {
  const cleaners: (() => unknown)[] = [];
  const suite = { after: (cleaner: () => unknown) => void cleaners.unshift(cleaner) };
  let app = '';
  let tarball = '';

  before(async () => {
    app = scratch(suite);
    succeeded(await npm(repository, 'pack', '--pack-destination', app));
    tarball = join(app, readdirSync(app).find((name) => name.endsWith('.tgz')) ?? '');
    writeFileSync(join(app, 'package.json'), '{ "name": "app", "private": true }');
    succeeded(await npm(app, 'install', '--prefer-offline', tarball));
    cpSync(join(repository, 'test/package/app'), app, { recursive: true });
  });

  after(async () => {
    for (const cleaner of cleaners) await cleaner();
  });

  it('holds the compiled programs, and the executables are executable', async (t) => {
    const { stdout } = succeeded(await runToEnd(t, ['tar', '-tvzf', tarball]));
    const modes = new Map(
      stdout
        .trim()
        .split('\n')
        .map((line) => [line.replace(/^.* package\//, ''), line.slice(0, 10)] as const),
    );
    for (const file of ['bin/crac', 'prebuilds/linux-x64/crac-launcher'])
      assert.equal(modes.get(file), '-rwxr-xr-x', file);
    for (const file of [
      'dist/index.js',
      'dist/index.d.ts',
      'prebuilds/linux-x64/crac-agent.node',
      'LICENSE',
      'README.md',
    ]) {
      assert.ok(modes.has(file), `${file} is missing`);
    }
    const foreign = [...modes.keys()].filter((file) => /^(?:src|test|bench|tools|native|build)\//.test(file));
    assert.deepEqual(foreign, []);
  });

  for (const [kind, file] of [
    ['an ES module', 'app.mjs'],
    ['CommonJS', 'app.cjs'],
  ] as const) {
    it(`checkpoints and restores from ${kind}`, async (t) => {
      const directory = join(app, `${file}.image`);
      const node = [process.execPath, '--disable-warning=ExperimentalWarning', join(app, file)];
      assertCheckpointed(await runToEnd(t, node, { env: { CRAC_CHECKPOINT_TO: directory } }), directory);
      for (const greeting of ['hello', 'again']) {
        const crac = [join(app, 'node_modules/.bin/crac'), 'restore', directory, '--', greeting];
        assert.equal(succeeded(await runToEnd(t, crac, { cwd: app })).stdout, `told restored ${greeting}\n`);
      }
    });
  }

  for (const kind of ['import', 'require']) {
    it(`gives every export to ${kind}`, async (t) => {
      const node = [
        process.execPath,
        '--disable-warning=ExperimentalWarning',
        join(app, 'exports.mjs'),
        kind,
      ];
      assert.deepEqual(JSON.parse(succeeded(await runToEnd(t, node, { cwd: app })).stdout), EXPORTS);
    });
  }

  it('simulates a checkpoint without native code', async (t) => {
    const ended = await runToEnd(t, [process.execPath, join(app, 'simulated.mjs')], { cwd: app });
    assert.equal(succeeded(ended).stdout, 'told restored hello, no agent\n');
  });

  it('makes an unmodified program checkpointable', async (t) => {
    const directory = join(app, 'plain.image');
    const env = { CRAC_RUNTIME_DIR: join(app, 'control') };
    mkdirSync(env.CRAC_RUNTIME_DIR, { mode: 0o700 });
    const crac = join(app, 'node_modules/.bin/crac');
    const node = [process.execPath, '--import', 'node-crac/register', join(app, 'plain.mjs')];
    const running = start(t, node, { cwd: app, env });
    await running.waitFor(/ready/);
    succeeded(
      await runToEnd(t, [crac, 'checkpoint', String(running.pid), '--to', directory], { cwd: app, env }),
    );
    assertCheckpointed(await running.ended, directory);
    const restored = start(t, [crac, 'restore', directory], { cwd: app, env });
    await new Promise((resolve) => setTimeout(resolve, 200));
    restored.child.kill('SIGTERM');
    assert.deepEqual(await restored.ended, {
      code: 0,
      signal: null,
      stdout: 'ended by SIGTERM\n',
      stderr: '',
    });
  });

  it('type-checks in a strict program', async (t) => {
    mkdirSync(join(app, 'node_modules/@types'), { recursive: true });
    for (const name of ['@types/node', 'undici-types']) {
      symlinkSync(join(repository, 'node_modules', name), join(app, 'node_modules', name));
    }
    const tsc = join(repository, 'node_modules/typescript/bin/tsc');
    succeeded(await runToEnd(t, [process.execPath, tsc, '-p', app]));
  });

  function npm(cwd: string, ...args: string[]): Promise<Ended> {
    const certificates = process.env['npm_config_cafile'];
    const env = certificates === undefined ? {} : { npm_config_cafile: certificates };
    return runToEnd(suite, ['npm', ...args, ...QUIET], { cwd, env, timeout: 180_000 });
  }
});

function succeeded(ended: Ended): Ended {
  assert.equal(
    ended.code,
    0,
    `It failed with ${ended.signal ?? `status ${ended.code}`}.\n${ended.stdout}${ended.stderr}`,
  );
  return ended;
}
