import assert from 'node:assert/strict';
import { openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { compiled, crac } from '../support/paths.js';
import { type Running, start } from '../support/start.js';
import { call, makePlace, type Place } from './support.js';

/** A place whose processes use the real agent. */
function makeRealPlace(t: TestContext): Place {
  const place = makePlace(t);
  const { CRAC_AGENT: _, ...env } = place.env as Record<string, string>;
  return { ...place, env };
}

async function startWaiting(t: TestContext, place: Place, options: readonly string[] = []): Promise<Running> {
  const command = [
    crac,
    'run',
    ...options,
    '--checkpoint-to',
    place.image,
    `${compiled}cli/programs/waiting.js`,
    'first',
  ];
  const running = start(t, command, { env: place.env });
  await running.waitFor(/count 2/);
  return running;
}

function restore(t: TestContext, place: Place, ...args: readonly string[]): Running {
  return start(t, [crac, 'restore', place.image, ...args], { env: place.env });
}

async function list(
  t: TestContext,
  place: Place,
): Promise<readonly { pid: number; name: string; generation: number }[]> {
  const processes: { pid: number; name: string; generation: number }[] = JSON.parse(
    (await call(t, place, 'ps', '--json')).stdout,
  );
  return processes.map(({ pid, name, generation }) => ({ pid, name, generation }));
}

test('a process is checkpointed from outside, restored, found under its new pid, and checkpointed again', async (t) => {
  const place = makeRealPlace(t);
  let current = await startWaiting(t, place);
  for (const generation of [1, 2, 3]) {
    const ended = await call(t, place, 'checkpoint', 'waiting.js');
    assert.deepEqual([ended.code, ended.stderr], [0, '']);
    assert.match(ended.stdout, /^OK: /);
    assert.equal((await current.ended).code, 0);
    assert.deepEqual(await list(t, place), []);
    current = restore(t, place, '--', `generation ${generation}`);
    const [, count] = await current.waitFor(
      new RegExp(`count (\\d+) of ${current.pid}, generation ${generation}`),
    );
    assert.ok(Number(count) > 2, 'it goes on counting');
    assert.deepEqual(await list(t, place), [{ pid: current.pid, name: 'waiting.js', generation }]);
  }
});

test('a restored process has the name that its program was started with, or that of the restore', async (t) => {
  const place = makeRealPlace(t);
  await startWaiting(t, place, ['--name', 'web']);
  assert.equal((await call(t, place, 'checkpoint', 'web')).code, 0);
  const same = restore(t, place);
  await same.waitFor(new RegExp(`of ${same.pid}, first`));
  assert.deepEqual(await list(t, place), [{ pid: same.pid, name: 'web', generation: 1 }]);
  same.child.kill();
  await same.ended;
  const other = start(t, [crac, 'restore', place.image], { env: { ...place.env, CRAC_NAME: 'web-2' } });
  await other.waitFor(new RegExp(`of ${other.pid}, first`));
  assert.deepEqual(await list(t, place), [{ pid: other.pid, name: 'web-2', generation: 1 }]);
});

test('a process keeps running, and its image is restored beside it', async (t) => {
  const place = makeRealPlace(t);
  const original = await startWaiting(t, place);
  const ended = await call(
    t,
    place,
    'checkpoint',
    String(original.pid),
    '--keep-running',
    '--verify',
    '--json',
  );
  assert.equal(ended.code, 0, ended.stderr + ended.stdout);
  assert.equal(JSON.parse(ended.stdout).running, true);
  const clone = restore(t, place);
  await clone.waitFor(new RegExp(`of ${clone.pid}, first`));
  const found = (await list(t, place)).map(({ pid }) => pid);
  assert.deepEqual(
    found,
    [original.pid, clone.pid].sort((a, b) => a - b),
  );
});

test('a real image is shown, and a flipped byte in its pages is found', async (t) => {
  const place = makeRealPlace(t);
  const app = await startWaiting(t, place);
  assert.equal((await call(t, place, 'checkpoint', String(app.pid))).code, 0);
  const sound = await call(t, place, 'inspect', 'image', '--checksums', '--json');
  assert.equal(sound.code, 0, sound.stderr);
  const { image, checksums, problems } = JSON.parse(sound.stdout);
  assert.deepEqual([checksums, problems], [{ ok: true }, []]);
  assert.deepEqual(image.manifest, JSON.parse(readFileSync(join(place.image, 'manifest.json'), 'utf8')));
  assert.equal(image.manifest.process.pid, app.pid);
  assert.ok(image.threads.some(({ tid }: { tid: number }) => tid === app.pid));
  const core = openSync(join(place.image, 'process.core'), 'r+');
  t.after(() => import('node:fs').then(({ closeSync }) => closeSync(core)));
  const { offset } = image.runs.at(-1);
  writeSync(core, Buffer.from('damage'), 0, 6, offset);
  assert.equal((await call(t, place, 'inspect', 'image')).code, 0, 'the head is sound');
  const damaged = await call(t, place, 'inspect', 'image', '--checksums');
  assert.equal(damaged.code, 65);
  assert.match(damaged.stderr, /^crac: .*checksum/m);
});

test('this machine can checkpoint and restore', async (t) => {
  const place = makeRealPlace(t);
  const ended = await call(t, place, 'check', '--json');
  assert.equal(ended.code, 0, ended.stdout);
  const { ready, findings } = JSON.parse(ended.stdout);
  assert.equal(ready, true);
  assert.equal(findings.at(-1).name, 'trial');
});
