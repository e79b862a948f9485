/** A process that has nearly as many mappings as it may have collects its garbage before the image all the same, and is complete in the other. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { checkpoint, pass } from '../../support/program.js';

const [, , addon = ''] = process.argv;
const objects = Array.from({ length: 100_000 }, (_, id) => ({ id, tags: [`tag ${id}`] }));
const { fill } = createRequire(import.meta.url)(addon) as { fill(): boolean };
assert.ok(fill(), 'The process may not have that many mappings.');

await checkpoint();

assert.ok(objects.every(({ id, tags }, index) => id === index && tags[0] === `tag ${id}`));
pass();
