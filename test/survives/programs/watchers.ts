/** Watchers go on with the same objects, also after a checkpoint that failed. Argument: an empty directory. */
import assert from 'node:assert/strict';
import { on, once } from 'node:events';
import { closeSync, type FSWatcher, mkdirSync, openSync, rmSync, watch, writeFileSync } from 'node:fs';
import { watch as watchLater } from 'node:fs/promises';
import { join } from 'node:path';
import { checkpoint, pass } from '../../support/program.js';
import { assertRefused } from '../../support/refused.js';

const directory = process.argv[2] ?? '';
const [file, gone, folder] = ['file', 'gone', 'folder'].map((name) => join(directory, name)) as [
  string,
  string,
  string,
];
for (const path of [file, gone]) writeFileSync(path, '');
mkdirSync(folder);
const ofFile = watch(file);
const ofFolder = watch(folder, { persistent: false, encoding: 'buffer' });
const ofGone = watch(gone);
const recursive = watch(directory, { recursive: true });
const closedMeanwhile = watch(file);
const changes = watchLater(file)[Symbol.asyncIterator]();
const warnings = on(process, 'warning');
await assertAll();

const held = openSync(file, 'r');
await assertRefused('CheckpointOpenFileException', /file/);
closeSync(held);
await assertAll();

rmSync(gone);
setImmediate(() => closedMeanwhile.close());
await checkpoint();

await assertAll();
const [warning] = (await warnings.next()).value as [Error];
assert.equal(warning.name, 'CracWarning');
assert.equal(warning.message, `${gone} is no longer watched: No such file or directory.`);
for (const watcher of [ofFile, ofFolder, ofGone, recursive]) watcher.close();
pass();
process.exit();

async function assertAll(): Promise<void> {
  const later = changes.next();
  await assertNotices(ofFile, file, 'file');
  await assertNotices(ofFolder, join(folder, 'new'), Buffer.from('new'));
  assert.equal((await later).value?.filename, 'file');
  await assertNotices(recursive, join(folder, 'new'), join('folder', 'new'));
}

async function assertNotices(watcher: FSWatcher, path: string, name: string | Buffer): Promise<void> {
  const seen = once(watcher, 'change');
  writeFileSync(path, String(Math.random()));
  assert.deepEqual((await seen)[1], name);
}
