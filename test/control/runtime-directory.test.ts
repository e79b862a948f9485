import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ensureRuntimeDirectory, runtimeDirectory } from '#dist/control/runtime-directory.js';
import { scratch } from '../support/scratch.js';

function refusal(reason: RegExp): object {
  return { code: 'ERR_CRAC_CONTROL_DIRECTORY', message: reason };
}

test('CRAC_RUNTIME_DIR comes first, then XDG_RUNTIME_DIR, then /tmp', (t) => {
  const folder = scratch(t);
  assert.equal(runtimeDirectory({ CRAC_RUNTIME_DIR: '/a', XDG_RUNTIME_DIR: folder }, 7), '/a');
  assert.equal(runtimeDirectory({ XDG_RUNTIME_DIR: folder }, 7), join(folder, 'node-crac'));
  assert.equal(runtimeDirectory({ XDG_RUNTIME_DIR: join(folder, 'missing') }, 7), '/tmp/node-crac-7');
  assert.equal(runtimeDirectory({}, 7), '/tmp/node-crac-7');
});

test('a missing directory is made private', async (t) => {
  const directory = join(scratch(t), 'deep', 'er');
  await ensureRuntimeDirectory(directory);
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  await ensureRuntimeDirectory(directory);
});

test('a directory that others may enter is refused', async (t) => {
  const directory = join(scratch(t), 'open');
  mkdirSync(directory);
  for (const mode of [0o710, 0o701, 0o770, 0o1777]) {
    chmodSync(directory, mode);
    await assert.rejects(ensureRuntimeDirectory(directory), refusal(/has the permissions 0\d+ and not 0700/));
  }
});

test('a link, a file and a deep path are refused', async (t) => {
  const folder = scratch(t);
  symlinkSync(folder, join(folder, 'link'));
  await assert.rejects(ensureRuntimeDirectory(join(folder, 'link')), refusal(/is not a directory/));
  writeFileSync(join(folder, 'file'), '');
  await assert.rejects(
    ensureRuntimeDirectory(join(folder, 'file')),
    refusal(/cannot be made|is not a directory/),
  );
  const deep = join(folder, 'd'.repeat(100));
  await assert.rejects(ensureRuntimeDirectory(deep), refusal(/too long for a socket/));
});

test('a directory that the kernel lets nobody make is refused', async () => {
  for (const directory of ['/proc/crac', '/proc/crac/deep/er', '/proc/self/crac']) {
    await assert.rejects(ensureRuntimeDirectory(directory), refusal(/it cannot be made \(ENOENT\)/));
  }
});

test('a directory of another user is refused', {
  skip: process.geteuid?.() === 0 ? false : 'needs root to give a directory away',
}, async (t) => {
  const { chownSync } = await import('node:fs');
  const directory = join(scratch(t), 'foreign');
  mkdirSync(directory, { mode: 0o700 });
  chownSync(directory, 65534, 65534);
  await assert.rejects(ensureRuntimeDirectory(directory), refusal(/belongs to user 65534/));
});
