/** Files are read, written and watched after the restore. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createReadStream, watch } from 'node:fs';
import { appendFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkpoint, pass } from '../../support/program.js';

const folder = join(process.argv[2] ?? '', 'files');
await mkdir(folder);
await writeFile(join(folder, 'a'), 'before');

await checkpoint();

await appendFile(join(folder, 'a'), ' after');
assert.equal(await readFile(join(folder, 'a'), 'utf8'), 'before after');
await Promise.all(
  Array.from({ length: 20 }, (_, index) => writeFile(join(folder, `b${index}`), String(index))),
);
assert.equal((await readdir(folder)).length, 21);
let text = '';
for await (const chunk of createReadStream(join(folder, 'a'), 'utf8')) text += chunk;
assert.equal(text, 'before after');
const watcher = watch(folder);
const change = once(watcher, 'change');
await writeFile(join(folder, 'c'), 'new');
assert.equal((await change)[1], 'c');
watcher.close();
pass();
