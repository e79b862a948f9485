/** Guard pages of an addon, and what lies between them, are as they were; and new ones take away what lay there. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { checkpoint, pass } from '../../support/program.js';

interface Guards {
  make(): boolean;
  check(): string;
  replace(): string;
}

const [addon = '', isReplaced] = process.argv.slice(2);
const guards = createRequire(import.meta.url)(addon) as Guards;

assert.ok(guards.make(), 'The kernel has no guard pages.');
assert.equal(guards.check(), '');

await checkpoint();

assert.equal(guards.check(), '');
if (isReplaced === 'replaced') assert.equal(guards.replace(), '');
pass();
