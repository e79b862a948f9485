import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { checkpoint, type RestoreOptions, restore } from '../support/image.js';
import { launcher } from '../support/paths.js';
import { firstOf, needsCommand, needsRoot } from '../support/requirements.js';
import { scratch } from '../support/scratch.js';
import { type Ended, runToEnd } from '../support/start.js';

const PROGRAM = 'faults/programs/steady';
const NOBODY = 65_534;
const withoutPrlimit = needsCommand('prlimit');
/** Words before a program, whose addresses the kernel then counts from below. */
const UNLIMITED_STACK = ['sh', '-c', 'ulimit -s unlimited && exec "$@"', 'sh'];
const withoutUnlimitedStack =
  spawnSync('sh', ['-c', 'ulimit -s unlimited']).status === 0
    ? false
    : 'needs a hard limit of the stack that is none';
const withoutNobody = firstOf(needsRoot(), needsCommand('setpriv'));

describe('a restore that cannot be done says why, and the image is as good as before', () => {
  it('names an image that is not there', async (t) => {
    const folder = scratch(t);
    assertRefused(await restore(t, join(folder, 'nowhere')), 66, /nowhere/);
    assertRefused(await restore(t, folder), 66, /process\.core/);
    mkdirSync(join(folder, 'process.core'), 0o700);
    assertRefused(await restore(t, folder), [65, 66], /process\.core/);
  });

  it('explains its usage', async (t) => {
    for (const args of [
      [],
      ['--no-such-option', '/tmp'],
      ['--cwd', 'elsewhere', '/tmp'],
      ['--clock', 'slow', '/tmp'],
      ['--clock'],
      ['--score', '/tmp'],
      ['/tmp', '--check-cpu-features', 'most'],
    ]) {
      assertRefused(await runToEnd(t, [launcher, ...args]), 64, /Usage: |--help|behind --/);
    }
  });

  it('needs descriptors', { skip: withoutPrlimit }, (t) =>
    assertRefusedOnce(t, { wrapper: ['prlimit', '--nofile=6'] }, [71, 78], /open files/),
  );

  it('needs a limit of the stack where the kernel would else find no place for io_uring', {
    skip: withoutUnlimitedStack,
  }, async (t) => {
    const image = await checkpoint(t, PROGRAM, { wrapper: UNLIMITED_STACK });
    for (let attempt = 0; attempt < 8; attempt++) {
      const ended = await restore(t, image, { wrapper: UNLIMITED_STACK });
      if (ended.code !== 0) assertRefused(ended, 78, /io_uring .*ulimit -S -s 8192/);
    }
    const limited = ['sh', '-c', 'ulimit -S -s 8192 && exec "$@"', 'sh'];
    assert.equal((await restore(t, image, { wrapper: [...UNLIMITED_STACK, ...limited] })).code, 0);
  });

  it('needs address space', { skip: withoutPrlimit }, (t) =>
    assertRefusedOnce(
      t,
      { wrapper: ['prlimit', '--as=200000000'] },
      [71, 78],
      /address space|memory|RLIMIT_AS/i,
    ),
  );

  it('needs threads', { skip: firstOf(withoutPrlimit, withoutNobody) }, async (t) => {
    const image = await checkpoint(t, PROGRAM, { args: ['kept'] });
    const powerless = [
      'setpriv',
      '--reuid',
      '64321',
      '--clear-groups',
      '--bounding-set=-all',
      '--inh-caps=-all',
    ];
    for (const path of [
      image,
      join(image, '..'),
      join(image, 'process.core'),
      join(image, 'manifest.json'),
    ]) {
      chownSync(path, 64_321, 0);
    }
    const wrapper = ['prlimit', '--nproc=2', ...powerless];
    assertRefused(await restore(t, image, { wrapper, cwd: '/' }), 71, /thread/i);
  });

  it('works with a small stack limit or refuses', { skip: withoutPrlimit }, async (t) => {
    const image = await checkpoint(t, PROGRAM, { args: ['kept'] });
    const ended = await restore(t, image, { wrapper: ['prlimit', '--stack=131072'] });
    if (ended.code !== 0) assertRefused(ended, [71, 78], /stack/i);
  });

  it('names a mapped file that is missing or another one', async (t) => {
    const folder = scratch(t);
    const node = join(folder, 'node');
    copyFileSync(process.execPath, node);
    const image = await checkpoint(t, PROGRAM, { args: ['kept'], node });
    await assertRestored(t, image);
    copyFileSync('/bin/sh', node);
    assertRefused(await restore(t, image), 78, new RegExp(node));
    rmSync(node);
    assertRefused(await restore(t, image), 78, new RegExp(node));
    copyFileSync(process.execPath, node);
    await assertRestored(t, image);
  });

  it('refuses an image that another user could have written', { skip: needsRoot() }, async (t) => {
    const image = await checkpoint(t, PROGRAM, { args: ['kept'] });
    const core = join(image, 'process.core');
    const changes: [undo: () => void, change: () => void][] = [
      [() => chmodSync(core, 0o600), () => chmodSync(core, 0o620)],
      [() => chmodSync(core, 0o600), () => chmodSync(core, 0o602)],
      [() => chmodSync(image, 0o700), () => chmodSync(image, 0o770)],
      [() => chmodSync(image, 0o700), () => chmodSync(image, 0o707)],
      [() => chownSync(core, 0, 0), () => chownSync(core, NOBODY, 0)],
      [() => chownSync(image, 0, 0), () => chownSync(image, NOBODY, 0)],
    ];
    for (const [undo, change] of changes) {
      change();
      assertRefused(await restore(t, image), 77, new RegExp(image));
      await assertRestored(t, image, { options: ['--trust-owner'] });
      undo();
      await assertRestored(t, image);
    }
  });

  it('restores through a symbolic link and without the readable copy of the manifest', async (t) => {
    const image = await checkpoint(t, PROGRAM, { args: ['kept'] });
    const link = join(scratch(t), 'link');
    symlinkSync(image, link);
    await assertRestored(t, link);
    writeFileSync(join(image, 'manifest.json'), 'not even JSON');
    await assertRestored(t, image);
    rmSync(join(image, 'manifest.json'));
    await assertRestored(t, image);
  });

  it('never changes an image', async (t) => {
    const image = await checkpoint(t, PROGRAM, { args: ['kept'] });
    const before = readFileSync(join(image, 'process.core'));
    await assertRestored(t, image);
    await assertRestored(t, image, { options: ['--eager'] });
    assert.equal(Buffer.compare(readFileSync(join(image, 'process.core')), before), 0);
  });
});

async function assertRefusedOnce(
  t: TestContext,
  options: RestoreOptions,
  code: number | readonly number[],
  sentence: RegExp,
): Promise<void> {
  const image = await checkpoint(t, PROGRAM, { args: ['kept'] });
  assertRefused(await restore(t, image, options), code, sentence);
  await assertRestored(t, image);
}

async function assertRestored(t: TestContext, image: string, options: RestoreOptions = {}): Promise<void> {
  const { code, stdout, stderr } = await restore(t, image, options);
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: 'restored kept\n', stderr: '' });
}

function assertRefused(ended: Ended, code: number | readonly number[], sentence: RegExp): void {
  assert.equal(ended.signal, null, `The launcher was ended by ${ended.signal}: ${ended.stderr}`);
  assert.ok([code].flat().includes(ended.code ?? -1), `status ${ended.code}: ${ended.stderr}`);
  assert.equal(ended.stdout, '');
  assert.match(ended.stderr, /^[^\n]+\n$/, 'The reason is not one sentence.');
  assert.match(ended.stderr, sentence);
}
