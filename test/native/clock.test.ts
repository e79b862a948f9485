import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { buildProgram, needsCompiler } from './build-program.js';

test('a wait ends by the shifted clock, at whatever instruction the checkpoint met it', {
  skip: needsCompiler(),
}, () => {
  assert.equal(execFileSync(buildProgram('clock'), { encoding: 'utf8' }), 'everything held\n');
});
