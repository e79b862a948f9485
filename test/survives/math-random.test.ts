import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { assertCheckpointed, checkpoint, programFile, restore, startRestored } from '../support/image.js';
import { scratch } from '../support/scratch.js';
import { type Ended, runToEnd } from '../support/start.js';

type Values = Record<string, readonly number[]>;

const PROGRAM = 'survives/programs/math-random';
const CLONES = 50;
const DRAWN = 1000;
/** Without looking for threads that draw, one image in five has one. */
const DRAWING_IMAGES = 8;
/** What a busy worker draws depends on how long it has been busy. */
const TIMED = /^busy worker/;

async function restoreMany(t: TestContext, image: string, count: number): Promise<Values[]> {
  const clones = Array.from({ length: count }, () => startRestored(t, image, { timeout: 120_000 }));
  return (await Promise.all(clones.map(({ ended }) => ended))).map(valuesOf);
}

function valuesOf({ code, stdout, stderr }: Ended): Values {
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  return JSON.parse(stdout) as Values;
}

/** How many of all values were drawn before, by kind. */
function countRepeats(clones: readonly Values[]): Record<string, number> {
  const seen = new Set<number>();
  const repeats: Record<string, number> = {};
  for (const [kind, value] of clones.flatMap((clone) => Object.entries(clone)).flatMap(pairs)) {
    repeats[kind] = (repeats[kind] ?? 0) + (seen.has(value) ? 1 : 0);
    seen.add(value);
  }
  return repeats;
}

function pairs([kind, values]: readonly [string, readonly number[]]): [string, number][] {
  assert.equal(values.length, DRAWN, kind);
  return values.map((value) => [kind, value]);
}

function assertUnique(clones: readonly Values[]): void {
  const repeats = countRepeats(clones);
  assert.equal(Object.keys(repeats).length, 4 * 6);
  for (const [kind, count] of Object.entries(repeats)) assert.equal(count, 0, `${kind} repeats`);
}

/** Tenths of [0, 1), which some 1000000 values fill evenly: six standard deviations around the mean. */
function assertUniform(clones: readonly Values[]): void {
  const tenths = new Array<number>(10).fill(0);
  const values = clones.flatMap((clone) => Object.values(clone).flat());
  for (const value of values) {
    assert.ok(value >= 0 && value < 1, String(value));
    tenths[Math.floor(value * 10)] = (tenths[Math.floor(value * 10)] ?? 0) + 1;
  }
  const mean = values.length / 10;
  for (const count of tenths) assert.ok(Math.abs(count - mean) < 6 * Math.sqrt(mean * 0.9), String(tenths));
}

describe('Math.random', () => {
  it(`never gives ${CLONES} clones the same value`, async (t) => {
    const clones = await restoreMany(t, await checkpoint(t, PROGRAM), CLONES);
    assertUnique(clones);
    assertUniform(clones);
  });

  it('repeats when its repair is switched off', async (t) => {
    const image = await checkpoint(t, PROGRAM, { env: { CRAC_RUNTIME: '-math-random' } });
    const repeats = countRepeats(await restoreMany(t, image, 2));
    for (const [kind, count] of Object.entries(repeats)) {
      if (!TIMED.test(kind) && !/^later worker/.test(kind)) assert.equal(count, DRAWN, kind);
    }
  });

  it('stays what --random-seed makes it', async (t) => {
    const nodeArgs = ['--random-seed=42'];
    const plain = await runToEnd(t, [process.execPath, ...nodeArgs, programFile(PROGRAM)], {
      env: { WITHOUT_CHECKPOINT: '1' },
    });
    const clones = await restoreMany(t, await checkpoint(t, PROGRAM, { nodeArgs }), 2);
    for (const [kind, values] of Object.entries(valuesOf(plain))) {
      if (TIMED.test(kind)) continue;
      for (const clone of clones) assert.deepEqual(clone[kind], values, kind);
    }
  });

  it('differs also around collections, in an image that was compared with the process', async (t) => {
    const env = { LITTER: '1', VERIFY_IMAGE: '1' };
    const image = await checkpoint(t, PROGRAM, { env, nodeArgs: ['--expose-gc'] });
    const { code, stdout } = await restore(t, image, { options: ['--verify'] });
    assert.equal(code, 0);
    assert.match(stdout, /all checksums match/);
    const litter = { LITTER: '1' };
    const ended = Array.from({ length: 4 }, () => restore(t, image, { env: litter }));
    assertUnique((await Promise.all(ended)).map(valuesOf));
  });

  it('differs in workers that are drawing at that very moment', async (t) => {
    for (let image = 0; image < DRAWING_IMAGES; image++) {
      const directory = await checkpoint(t, 'survives/programs/drawing-workers');
      const [first = [], second = []] = (
        await Promise.all([restore(t, directory), restore(t, directory)])
      ).map(({ stdout }) => JSON.parse(stdout) as number[][]);
      for (const [worker, values] of first.entries()) {
        const last = Math.min(values.length, second[worker]?.length ?? 0) - 1;
        assert.notEqual(
          values[last],
          second[worker]?.[last],
          `image ${image}, worker ${worker}, value ${last}`,
        );
      }
    }
  });

  it('differs in restored processes of a restored process', async (t) => {
    const first = await checkpoint(t, PROGRAM);
    const second = join(scratch(t), 'second');
    const before = await restoreMany(t, first, 2);
    assertCheckpointed(await restore(t, first, { env: { AGAIN: second } }), second);
    assertUnique([...before, ...(await restoreMany(t, second, 4))]);
  });
});
