import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { buildProgram, needsCompiler } from '../native/build-program.js';
import { restore, startProgram } from '../support/image.js';
import { compiled, repository } from '../support/paths.js';
import { scratch } from '../support/scratch.js';

interface Drawn {
  readonly values: readonly string[];
  readonly calls: number;
}

const FOREIGN =
  /CracWarning: randomness: another random number generator was installed in OpenSSL .* is left alone; it is given fresh entropy after a restore.*everything does if it takes none/;
const FIPS = /CracWarning: randomness: OpenSSL is in FIPS mode/;

describe('a random number generator of an addon', { skip: needsCompiler() }, () => {
  for (const order of ['before', 'after']) {
    it(`that was installed ${order} the preload is left alone, gets entropy, and a warning says so`, async (t) => {
      const { image, stderr } = await makeImage(t, { isFirst: order === 'before' });
      assert.match(stderr, FOREIGN);
      const copies = await restoreTwice(t, image);
      for (const { calls } of copies) assert.ok(calls > 0, 'The generator of the addon was not asked.');
      assertDifferent(copies);
    });
  }

  it("that hands on to OpenSSL's own has that seeded anew", async (t) => {
    const { image, stderr } = await makeImage(t, { isFirst: true, env: { FOREIGN_RANDOM: 'wrapper' } });
    assert.match(stderr, FOREIGN);
    assertDifferent(await restoreTwice(t, image));
  });

  it('that takes no entropy repeats, as the warning says', async (t) => {
    const { image, stderr } = await makeImage(t, { isFirst: true, env: { FOREIGN_RANDOM: 'deaf' } });
    assert.match(stderr, FOREIGN);
    const [one, other] = await restoreTwice(t, image);
    assert.deepEqual(one.values[0], other.values[0]);
  });
});

describe('FIPS mode that was switched on after the start', { skip: needsCompiler() }, () => {
  it('is told of by a warning, and nothing repeats', async (t) => {
    const { image, stderr } = await makeImage(t, { args: ['fips'], env: { FOREIGN_RANDOM: 'none' } });
    assert.match(stderr, FIPS);
    assertDifferent(await restoreTwice(t, image));
  });
});

/** As in containers, the process is always number 1: OpenSSL notices a new number by itself. */
async function makeImage(
  t: TestContext,
  options: { isFirst?: boolean; args?: readonly string[]; env?: Readonly<Record<string, string>> },
): Promise<{ image: string; stderr: string }> {
  const { isFirst = false, args = [], env = {} } = options;
  const addon = buildProgram('foreign-random.node');
  const image = join(scratch(t), 'image');
  const { code, stderr } = await startProgram(t, 'runtime/programs/foreign-random', {
    directory: image,
    nodeArgs: [...(isFirst ? ['--require', addon] : []), '--import', `${repository}dist/register.js`],
    args: [addon, ...args],
    env: { LD_PRELOAD: `${compiled}support/twin.so`, ...env },
  }).ended;
  assert.equal(code, 0, stderr);
  return { image, stderr };
}

async function restoreTwice(t: TestContext, image: string): Promise<[Drawn, Drawn]> {
  return [await restoreOnce(t, image), await restoreOnce(t, image)];
}

async function restoreOnce(t: TestContext, image: string): Promise<Drawn> {
  const { code, stdout, stderr } = await restore(t, image);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as Drawn;
}

function assertDifferent([one, other]: readonly [Drawn, Drawn]): void {
  for (const [index, value] of one.values.entries()) assert.notEqual(value, other.values[index]);
}
