import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { buildProgram, needsCompiler } from './build-program.js';

const SEEDS = [1, 42, 2147483647, -1];
const COUNT = 1000;
/** How V8 makes a value of its generator's state: see `enum v8_random_form`. */
const FORMS: Readonly<Record<string, number>> = { '20': 0, '22': 0, '24': 1, '26': 2 };
const [major = ''] = process.versions.node.split('.');

/** What Math.random() of this Node gives with a seed. */
function drawn(seed: number): number[] {
  const script = `console.log(JSON.stringify(Array.from({ length: ${COUNT} }, () => Math.random())))`;
  const output = execFileSync(process.execPath, [`--random-seed=${seed}`, '-e', script], {
    encoding: 'utf8',
  });
  return JSON.parse(output) as number[];
}

function predicted(seed: number): number[] {
  const args = [String(BigInt.asUintN(64, BigInt(seed))), String(FORMS[major]), String(COUNT)];
  const output = execFileSync(buildProgram('v8-random'), args, { encoding: 'utf8' });
  return output.trim().split('\n').map(Number);
}

test('the agent draws what V8 draws', { skip: needsCompiler() }, () => {
  for (const seed of SEEDS) assert.deepEqual(predicted(seed), drawn(seed), `seed ${seed}`);
});

test('seeds and states are found by going back', { skip: needsCompiler() }, () => {
  assert.equal(
    execFileSync(buildProgram('v8-random'), ['--inverse'], { encoding: 'utf8' }),
    'everything was undone\n',
  );
});
