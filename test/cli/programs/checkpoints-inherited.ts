/** Checkpoints itself with an inherited descriptor, whose number is the argument; it is open at the same position afterwards. */
import assert from 'node:assert/strict';
import { readSync } from 'node:fs';
import { checkpoint, pass } from '../../support/program.js';

const fd = Number(process.argv[2]);

function read(): string {
  const buffer = Buffer.alloc(5);
  return buffer.toString('utf8', 0, readSync(fd, buffer));
}

assert.equal(read(), 'left ');
await checkpoint();
assert.equal(read(), 'open');
pass();
