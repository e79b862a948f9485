/** A file watcher is refused; the process goes on, can be checkpointed without it, and can watch again afterwards. */
import { once } from 'node:events';
import { watch, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { checkpoint, pass } from '../../support/program.js';
import { assertRefused } from '../../support/refused.js';

const file = process.argv[2] ?? '';
writeFileSync(file, '');
let watcher = watch(dirname(file));

await assertRefused('CheckpointOpenResourceException', /fs\.watch|inotify|watcher/);

await assertNotices('changed');
watcher.close();
await checkpoint();
watcher = watch(dirname(file));
await assertNotices('changed again');
watcher.close();
pass();

async function assertNotices(content: string): Promise<void> {
  const change = once(watcher, 'change');
  writeFileSync(file, content);
  if ((await change)[1] !== basename(file)) throw new Error('The watcher named another file.');
}
