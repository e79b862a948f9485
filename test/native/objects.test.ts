import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { buildProgram, needsCompiler } from './build-program.js';

test('kernel objects are restored as they were saved', { skip: needsCompiler() }, () => {
  const output = execFileSync(buildProgram('objects-roundtrip'), { encoding: 'utf8' });
  assert.match(output, /^[1-9]\d* scenarios held$/m);
});
