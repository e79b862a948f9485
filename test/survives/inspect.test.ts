import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { freePorts } from '../support/free-ports.js';
import { type CheckpointOptions, checkpoint } from '../support/image.js';
import { crac, repository } from '../support/paths.js';
import { scratch } from '../support/scratch.js';
import { runToEnd } from '../support/start.js';

const PRELOAD = ['--import', `${repository}dist/register.js`];

interface Described {
  readonly clock: { readonly wall: string; readonly monotonic: number; readonly policy: string };
  readonly generators: number;
  readonly pools: { readonly count: number; readonly bytes: number; readonly lost: number };
  readonly descriptors: readonly { readonly kind: string; readonly description: string }[];
}

describe('crac inspect tells of an image', () => {
  it('its clocks, between those of before and after the checkpoint', async (t) => {
    const before = readClocks();
    const { clock } = await inspect(t, await makeImage(t));
    const after = readClocks();
    const wall = Date.parse(clock.wall);
    assert.ok(before.wall <= wall && wall <= after.wall, clock.wall);
    assert.ok(before.monotonic <= clock.monotonic && clock.monotonic <= after.monotonic);
    assert.equal(clock.policy, 'wall');
    const host = await inspect(t, await makeImage(t, { env: { CRAC_RUNTIME: '-clock' } }));
    assert.equal(host.clock.policy, 'host');
  });

  it('how many pools of random bytes are filled anew, and with how many bytes', async (t) => {
    const { pools } = await inspect(t, await makeImage(t, { nodeArgs: PRELOAD }));
    assert.deepEqual(pools, { count: 1, bytes: 2048, lost: 0 });
    const off = await makeImage(t, { nodeArgs: PRELOAD, env: { CRAC_RUNTIME: '-pools' } });
    assert.deepEqual((await inspect(t, off)).pools, { count: 0, bytes: 0, lost: 0 });
  });

  it("how many of V8's generators get new states", async (t) => {
    assert.ok((await inspect(t, await makeImage(t))).generators >= 2);
    const off = await makeImage(t, { env: { CRAC_RUNTIME: '-math-random' } });
    assert.equal((await inspect(t, off)).generators, 0);
  });

  it('which files a policy opens again or has closed, and which server follows PORT', async (t) => {
    const { folder, ports } = await makePlace(t);
    const { descriptors } = await inspect(t, await makeImage(t, {}, { folder, ports }));
    const told = descriptors
      .filter(({ kind }) => ['file', 'closed', 'listener'].includes(kind))
      .map(({ kind, description }) => `${kind}: ${description}`);
    assert.deepEqual(told, [
      `file: ${folder}/reopened at byte 0`,
      'closed: closed by a policy',
      `listener: tcp 127.0.0.1:${ports[0]}, or where PORT says`,
      `listener: tcp 127.0.0.1:${ports[1]}`,
    ]);
  });

  it('the same for people', async (t) => {
    const image = await makeImage(t, { nodeArgs: PRELOAD });
    const { stdout } = await runToEnd(t, [crac, 'inspect', image]);
    assert.match(stdout, /^clock +20\d\d-\S+Z, monotonic \d+\.\d{3} s, policy wall$/m);
    assert.match(stdout, /^Math\.random +\d+ generators that get new states$/m);
    assert.match(stdout, /^random pools +1 that get 2\.0 KiB of new bytes$/m);
  });
});

function readClocks(): { wall: number; monotonic: number } {
  return { wall: Date.now(), monotonic: Number(process.hrtime.bigint()) / 1e6 };
}

interface Place {
  readonly folder: string;
  readonly ports: readonly number[];
}

async function makePlace(t: TestContext): Promise<Place> {
  const folder = scratch(t);
  for (const name of ['reopened', 'closed']) writeFileSync(join(folder, name), 'content');
  return { folder, ports: await freePorts(2) };
}

async function makeImage(
  t: TestContext,
  { env, ...options }: CheckpointOptions = {},
  place?: Place,
): Promise<string> {
  const { folder, ports } = place ?? (await makePlace(t));
  return checkpoint(t, 'survives/programs/inspected', {
    ...options,
    args: [folder, String(ports[1])],
    env: { ...env, PORT: String(ports[0]) },
  });
}

async function inspect(t: TestContext, image: string): Promise<Described> {
  const { code, stdout, stderr } = await runToEnd(t, [crac, 'inspect', image, '--json']);
  assert.equal(code, 0, stderr);
  return (JSON.parse(stdout) as { image: Described }).image;
}
