import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { buildProgram, needsCompiler } from './build-program.js';

test('the native reader of images is safe from 200000 damaged ones', { skip: needsCompiler() }, () => {
  const seed = process.versions.node.replace(/\..*/, '');
  const output = execFileSync(buildProgram('fuzz-notes'), ['--seed', seed], { encoding: 'utf8' });
  assert.match(output, /^seed \d+: 200000 mutations, [1-9]\d* accepted, [1-9]\d* refused$/m);
});
