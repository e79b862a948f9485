import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { assertSurvives, checkpoint, restore, startProgram } from '../support/image.js';
import { compiled, repository } from '../support/paths.js';
import { scratch } from '../support/scratch.js';
import type { Ended } from '../support/start.js';

type Values = Readonly<Record<string, readonly string[]>>;

const MANY = 50;
const FEW = 4;
const PRELOAD = ['--import', `${repository}dist/register.js`];

const CONTAINER = [`${compiled}support/container`];
const WITHOUT_RANDOM = [...CONTAINER, '--without-random'];

/** What comes out of a pool in a thread that had filled it before the checkpoint. */
const POOLED = /^(main|idle worker): (.*randomUUID.*|randomInt|nanoid|uuid.v4|base64id|WebSocket mask)$/;

describe('random values', () => {
  it(`are never the same in ${MANY} processes restored at once, also an hour later`, async (t) => {
    const { image, later } = await prepare(t);
    const now = await restoreAtOnce(t, image, MANY);
    writeFileSync(later, '');
    assert.deepEqual(findRepeated([...now, ...(await restoreAtOnce(t, image, FEW))]), []);
  });

  it('come from the pools of the image when these are not filled anew', async (t) => {
    const { image } = await prepare(t, '-pools');
    const repeated = findRepeated(await restoreAtOnce(t, image, FEW));
    assert.deepEqual(
      repeated.filter((kind) => !POOLED.test(kind)),
      [],
    );
    for (const thread of ['main', 'idle worker']) {
      for (const kind of ['randomUUID', 'randomInt', 'nanoid', 'base64id', 'WebSocket mask'])
        assert.ok(repeated.includes(`${thread}: ${kind}`), `${thread}: ${kind} does not repeat`);
    }
  });

  it("come from OpenSSL's generators in the image when nothing else is switched on", async (t) => {
    const { image } = await prepare(t, '-randomness');
    const repeated = findRepeated(await restoreAtOnce(t, image, FEW));
    for (const kind of ['randomBytes', 'randomFillSync', 'getRandomValues', 'nonce', 'EC key'])
      assert.ok(repeated.includes(`main: ${kind}`), `${kind} does not repeat`);
  });

  it('of an original that goes on are not those in its image', async (t) => {
    for (const off of ['', '-pools']) {
      const image = join(scratch(t), 'image');
      const running = startProgram(t, 'survives/programs/random-original', {
        directory: image,
        nodeArgs: PRELOAD,
        env: { CRAC_RUNTIME: off },
      });
      const original = parseOriginal(await running.ended);
      const copy = parseOriginal(await restore(t, image));
      assert.deepEqual([original.restored, copy.restored], [false, true]);
      assert.ok(original.isKeyKept && copy.isKeyKept);
      const core = readFileSync(join(image, 'process.core'));
      const known = original.values.filter((value) => core.includes(firstBytes(value)));
      assert.equal(known.length, off === '' ? 0 : original.values.length);
      assert.equal(original.values[0] === copy.values[0], off !== '');
    }
  });

  it('are no old ones where the kernel gives none: the restored process ends', async (t) => {
    const image = join(scratch(t), 'image');
    const program = 'survives/programs/random-original';
    const env = { CRAC_RUNTIME: '-math-random' };
    const options = { nodeArgs: PRELOAD, env };
    await startProgram(t, program, { ...options, directory: image, wrapper: CONTAINER }).ended;
    const { code, stdout, stderr } = await restore(t, image, { wrapper: WITHOUT_RANDOM });
    assert.deepEqual([code, stdout], [71, '']);
    assert.match(stderr, /^crac restore: the kernel gives no random numbers \(getrandom\)/);
  });

  it('leave keys and secrets as they are', (t) =>
    assertSurvives(t, 'survives/programs/random-keys', { nodeArgs: PRELOAD }));

  it('tell in the debug log which pools were filled anew', async (t) => {
    const { image } = await prepare(t);
    const { stderr } = await restore(t, image, { env: { CRAC_LOG: 'debug' } });
    const sizes: readonly string[] = stderr.match(/^crac: filled a pool of \d+ random bytes anew$/gm) ?? [];
    for (const size of [2048, 2688, 6144, 8192])
      assert.ok(sizes.includes(`crac: filled a pool of ${size} random bytes anew`), stderr);
  });
});

/**
 * An image of a program whose process is number 1 always, as in containers, for OpenSSL notices a new number. Writing the file `later` moves
 * the clocks of those that are restored behind the time after which OpenSSL seeds its generators anew by itself.
 */
async function prepare(t: TestContext, off = ''): Promise<{ image: string; later: string }> {
  const later = join(scratch(t), 'later');
  const env = { LD_PRELOAD: `${compiled}support/twin.so`, TWIN_LATER: later, CRAC_RUNTIME: off };
  const image = await checkpoint(t, 'survives/programs/random-values', { env, nodeArgs: PRELOAD });
  return { image, later };
}

async function restoreAtOnce(t: TestContext, image: string, count: number): Promise<Values[]> {
  const restored = Array.from({ length: count }, () => restore(t, image, { timeout: 300_000 }));
  return (await Promise.all(restored)).map(({ stdout, stderr }) => {
    assert.equal(stderr, '');
    return JSON.parse(stdout) as Values;
  });
}

interface Original {
  readonly restored: boolean;
  readonly values: readonly string[];
  readonly isKeyKept: boolean;
}

function parseOriginal({ code, stdout, stderr }: Ended): Original {
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as Original;
}

/** Those of a UUID that come from the pool as they are. */
function firstBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', '').slice(0, 12), 'hex');
}

/** The kinds of which a value was seen before, in whatever process and on whatever thread. */
function findRepeated(all: readonly Values[]): string[] {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const [kind, values] of all.flatMap((each) => Object.entries(each))) {
    for (const value of values) {
      if (seen.has(value)) repeated.add(kind);
      seen.add(value);
    }
  }
  return [...repeated].sort();
}
