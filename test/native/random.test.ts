import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { buildProgram, needsCompiler } from './build-program.js';

const HELD = 'everything held\n';

test("OpenSSL's generator is asked again, however late a seeding of it ends", {
  skip: needsCompiler(),
}, () => {
  assert.equal(execFileSync(buildProgram('random'), ['late'], { encoding: 'utf8' }), HELD);
});

test('a pool that the kernel has no random bytes for is not said to be filled anew', {
  skip: needsCompiler(),
}, () => {
  assert.equal(execFileSync(buildProgram('random'), ['pools'], { encoding: 'utf8' }), HELD);
});
