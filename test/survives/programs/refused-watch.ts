/** A file watcher is refused by the path that it watches; the process goes on and can be checkpointed without it. */
import { once } from 'node:events';
import { watch, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { checkpoint, pass } from '../../support/program.js';
import { assertRefused } from '../../support/refused.js';

const file = process.argv[2] ?? '';
writeFileSync(file, '');
const watcher = watch(dirname(file));

await assertRefused('CheckpointOpenResourceException', /fs\.watch|inotify|watcher/);

const change = once(watcher, 'change');
writeFileSync(file, 'changed');
if ((await change)[1] !== basename(file)) throw new Error('The watcher named another file.');
watcher.close();
await checkpoint();
pass();
