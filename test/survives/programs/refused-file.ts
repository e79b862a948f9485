/** An open file is refused by its path; the process goes on and can be checkpointed without it. */
import assert from 'node:assert/strict';
import { open } from 'node:fs/promises';
import { checkpoint, pass } from '../../support/program.js';
import { assertRefused } from '../../support/refused.js';

const path = process.argv[2] ?? '';
const file = await open(path, 'w+');
await file.writeFile('first ');

await assertRefused('CheckpointOpenFileException', new RegExp(path));

await file.writeFile('second');
assert.equal((await file.read(Buffer.alloc(12), 0, 12, 0)).buffer.toString(), 'first second');
await file.close();
await checkpoint();
pass();
