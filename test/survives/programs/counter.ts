/** A small program for many restores: passes after a little work of every thread. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { checkpoint, pass, sleep } from '../../support/program.js';

const numbers = Array.from({ length: 1000 }, (_, index) => index);
await readFile(new URL(import.meta.url));
await checkpoint();
assert.equal(
  numbers.reduce((sum, number) => sum + number),
  499_500,
);
await sleep(1);
assert.ok((await readFile(new URL(import.meta.url))).length > 100);
pass();
