import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { loadBinding } from '#dist/binding/load.js';
import { createMathRandom, GENERATORS_FOUND, type GeneratorsFound } from '#dist/runtime/math-random.js';

/** Learns in a Node that is started with these options. */
function learnIn(options: readonly string[]): GeneratorsFound {
  const load = new URL('../../../dist/binding/load.js', import.meta.url);
  const script = `
    import { runInNewContext } from 'node:vm';
    import { loadBinding } from ${JSON.stringify(load)};
    console.log(JSON.stringify(loadBinding().learnGenerators(() => runInNewContext('Math.random'))));`;
  const args = [...options, '--input-type=module', '-e', script];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as GeneratorsFound;
}

test('the generators of this Node are found, whatever V8 is told to do', () => {
  for (const options of [
    [],
    ['--jitless'],
    ['--gc-interval=500'],
    ['--single-threaded'],
    ['--no-node-snapshot'],
  ])
    assert.equal(learnIn(options).status, 'found', options.join());
});

test('a seed that was asked for is noticed', () => {
  assert.equal(learnIn(['--random-seed=42']).status, 'seeded');
});

test('a generator that is not what it was is not taken for one', () => {
  const found = loadBinding().learnGenerators(() => () => 0.5);
  assert.equal(found.status, 'unknown');
  assert.equal(found.missing, 'list of contexts');
});

test('what could not be found is said in a sentence', () => {
  const unknown = { status: 'unknown', missing: 'list of contexts' } as const;
  const problem = createMathRandom({ learnGenerators: () => unknown }).problem?.();
  assert.match(
    problem ?? '',
    /^V8's list of contexts was not found, so Math\.random\(\) gives the same values/,
  );
});

test('nothing is learned twice, and a sample differs from the next', () => {
  let times = 0;
  const learnGenerators = (): GeneratorsFound => {
    times += 1;
    return GENERATORS_FOUND;
  };
  const repair = createMathRandom({ learnGenerators });
  assert.equal(repair.problem?.(), undefined);
  const samples = [repair.sample?.(), repair.sample?.()].flatMap((sample) => Object.values(sample ?? {}));
  assert.equal(new Set(samples).size, 4);
  assert.equal(times, 1);
});

test('a seeded program has no sample that must differ', () => {
  const repair = createMathRandom({ learnGenerators: () => ({ status: 'seeded', missing: '' }) });
  assert.deepEqual(repair.sample?.(), {});
  assert.equal(repair.problem?.(), undefined);
});
