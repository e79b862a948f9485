import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { buildProgram, needsCompiler } from './build-program.js';

test('secrets come back, also those that lie in the same memory', { skip: needsCompiler() }, () => {
  assert.equal(execFileSync(buildProgram('conceal'), { encoding: 'utf8' }), 'everything held\n');
});
