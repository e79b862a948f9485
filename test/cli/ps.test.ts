import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { call, makePlace, startAttached, writeProgram } from './support.js';

test('processes are listed with what they tell about themselves', async (t) => {
  const place = makePlace(t);
  const first = await startAttached(t, place);
  const second = await startAttached(t, place, {}, ['--name', 'other']);
  const json = await call(t, place, 'ps', '--json');
  const processes = JSON.parse(json.stdout);
  assert.deepEqual(
    processes.map((one: { pid: number }) => one.pid),
    [first.pid, second.pid].sort((a, b) => a - b),
  );
  const told = processes.find((one: { pid: number }) => one.pid === first.pid);
  assert.equal(told.name, 'attached.js');
  assert.equal(told.node, process.version);
  assert.equal(told.generation, 0);
  assert.equal(told.checkpointTo, place.image);
  assert.deepEqual(told.availability, { status: 'ready' });
  assert.ok(told.uptime > 0 && told.uptime < 60);
  const { stdout } = await call(t, place, 'ps');
  const [head = '', ...rows] = stdout.trimEnd().split('\n');
  assert.match(head, /^PID +NAME +UPTIME +NODE +GENERATION +AVAILABLE +CHECKPOINT TO$/);
  assert.equal(rows.length, 2);
  assert.match(stdout, new RegExp(`${second.pid} +other +\\d+ s +${process.version} +0 +ready +-`));
});

test('a process whose event loop is busy is listed as not answering', async (t) => {
  const place = makePlace(t);
  const program = writeProgram(
    place,
    'busy.mjs',
    'console.log("ready"); setTimeout(() => { for (;;); }, 50);',
  );
  const { start } = await import('../support/start.js');
  const { crac } = await import('../support/paths.js');
  const busy = start(t, [crac, 'run', program], { env: place.env });
  await busy.waitFor(/ready/);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const { stdout, code } = await call(t, place, 'ps', '--json');
  assert.deepEqual(JSON.parse(stdout), [{ pid: busy.pid, answered: false }]);
  assert.equal(code, 0);
});

test('sockets of processes that were killed are removed', async (t) => {
  const place = makePlace(t);
  const app = await startAttached(t, place);
  app.child.kill('SIGKILL');
  await app.ended;
  assert.ok(existsSync(join(place.sockets, `${app.pid}.sock`)));
  assert.equal((await call(t, place, 'ps', '--json')).stdout, '[]\n');
  assert.ok(!existsSync(join(place.sockets, `${app.pid}.sock`)));
});

test('without any process the list is empty, and an open directory is refused', async (t) => {
  const place = makePlace(t);
  assert.equal((await call(t, place, 'ps', '--json')).stdout, '[]\n');
  mkdirSync(place.sockets);
  chmodSync(place.sockets, 0o755);
  const ended = await call(t, place, 'ps');
  assert.equal(ended.code, 77);
  assert.match(ended.stderr, /has the permissions 0755 and not 0700/);
});

test('what is no directory of sockets is refused, and not taken for an empty one', async (t) => {
  const place = makePlace(t);
  const file = writeProgram(place, 'file', '');
  const ended = await call(t, { ...place, env: { ...place.env, CRAC_RUNTIME_DIR: file } }, 'ps');
  assert.deepEqual([ended.code, ended.stdout], [77, '']);
  assert.match(ended.stderr, /^crac: .* is not a directory.*\n$/);
});
