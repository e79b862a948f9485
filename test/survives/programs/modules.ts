/** Modules are loaded after the restore in every way. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkpoint, pass } from '../../support/program.js';

const require = createRequire(import.meta.url);
const folder = process.argv[2] ?? '';
writeFileSync(join(folder, 'late.mjs'), 'export const answer = 42;');
writeFileSync(join(folder, 'late.cjs'), 'module.exports = { answer: 42 };');
writeFileSync(join(folder, 'late.json'), '{"answer":42}');
const pending = import(pathToFileURL(join(folder, 'late.mjs')).href) as Promise<{ answer: number }>;

await checkpoint();

assert.equal((await pending).answer, 42);
const again = (await import(`${pathToFileURL(join(folder, 'late.mjs')).href}?again`)) as { answer: number };
assert.equal(again.answer, 42);
assert.equal((require(join(folder, 'late.cjs')) as { answer: number }).answer, 42);
assert.equal((require(join(folder, 'late.json')) as { answer: number }).answer, 42);
await assert.rejects(import(pathToFileURL(join(folder, 'missing.mjs')).href), {
  code: 'ERR_MODULE_NOT_FOUND',
});
assert.equal(typeof (await import('node:readline')).createInterface, 'function');
pass();
