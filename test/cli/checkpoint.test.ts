import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { call, makePlace, startAttached } from './support.js';

test('a process writes its image, exits with status 0, and the command says OK', async (t) => {
  const place = makePlace(t);
  const app = await startAttached(t, place);
  const ended = await call(t, place, 'checkpoint', String(app.pid));
  assert.deepEqual([ended.code, ended.stderr], [0, '']);
  assert.match(
    ended.stdout,
    new RegExp(
      `^OK: the image of process ${app.pid} is in ${place.image} \\(.* KiB\\); the process has ended\\.\\n$`,
    ),
  );
  assert.equal((await app.ended).code, 0);
  assert.ok(!existsSync(join(place.sockets, `${app.pid}.sock`)));
});

test('a process is found by the name of its script or by its given one', async (t) => {
  const place = makePlace(t);
  const first = await startAttached(t, place);
  const second = await startAttached(t, place, {}, ['--name', 'second one']);
  assert.equal((await call(t, place, 'checkpoint', 'attached.js')).code, 0);
  assert.equal((await first.ended).code, 0);
  const other = join(place.folder, 'other');
  const ended = await call(t, place, 'checkpoint', 'second one', '--to', 'other', '--json');
  assert.equal((await second.ended).code, 0);
  const outcome = JSON.parse(ended.stdout);
  assert.equal(outcome.pid, second.pid);
  assert.equal(outcome.kind, 'written');
  assert.equal(outcome.image.directory, other);
  assert.equal(outcome.running, false);
});

test('options reach the engine, and so does the one connection that may stay open', async (t) => {
  const place = makePlace(t);
  const app = await startAttached(t, place);
  const ended = await call(t, place, 'checkpoint', String(app.pid), '--keep-running', '--verify');
  assert.equal(ended.code, 0, ended.stderr);
  assert.match(ended.stdout, /goes on running/);
  const [, text = ''] = await app.waitFor(/engine (.*)/);
  const { keepRunning, verify, placeholders } = JSON.parse(text);
  assert.deepEqual([keepRunning, verify, placeholders.length], [true, true, 1]);
  assert.equal((await call(t, place, 'checkpoint', String(app.pid))).code, 0, 'a second checkpoint works');
  assert.equal((await app.ended).code, 0);
});

test('when resources throw, every exception is printed with its causes and the process runs on', async (t) => {
  const place = makePlace(t);
  const app = await startAttached(t, place, { RESOURCES: 'throw' });
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const ended = await call(t, place, 'checkpoint', String(app.pid));
    assert.equal(ended.code, 1);
    assert.equal(ended.stdout, '');
    assert.equal(
      ended.stderr,
      [
        `crac: process ${app.pid} was not checkpointed.`,
        'CheckpointException [ERR_CRAC_CHECKPOINT_FAILED]: The checkpoint failed and the process runs on',
        '  - [database] Error: 3 queries are still running',
        '    caused by TypeError: the pool is busy',
        '',
      ].join('\n'),
    );
  }
  assert.ok(!existsSync(place.image));
  const json = await call(t, place, 'checkpoint', String(app.pid), '--json');
  const { kind, error } = JSON.parse(json.stdout);
  assert.deepEqual([json.code, kind, error.errors[0].cause.message], [1, 'failed', 'the pool is busy']);
});

test('what the engine says arrives', async (t) => {
  const place = makePlace(t);
  const app = await startAttached(t, place, { AGENT: 'fail' });
  const ended = await call(t, place, 'checkpoint', String(app.pid));
  assert.equal(ended.code, 1);
  assert.match(ended.stderr, /- CracException \[ERR_CRAC_ENGINE_FAILED\]: .*No space left on device/);
  await app.waitFor(/again/);
});

test('a process that dies while it writes is no success', async (t) => {
  const place = makePlace(t);
  const app = await startAttached(t, place, { AGENT: 'die' });
  const ended = await call(t, place, 'checkpoint', String(app.pid));
  assert.equal(ended.code, 1);
  assert.match(
    ended.stderr,
    /wrote no image: it ended while it was writing, and .* holds no image that can be read/,
  );
  assert.equal((await app.ended).signal, 'SIGKILL');
});

test('an image that is older or damaged is no success', async (t) => {
  const place = makePlace(t);
  assert.equal((await call(t, place, 'checkpoint', String((await startAttached(t, place)).pid))).code, 0);
  const leaving = await startAttached(t, place, { AGENT: 'leave' });
  assert.match((await call(t, place, 'checkpoint', String(leaving.pid))).stderr, /holds an older image/);
  const damaging = await startAttached(t, place, { AGENT: 'damage' });
  const ended = await call(t, place, 'checkpoint', String(damaging.pid));
  assert.equal(ended.code, 1);
  assert.match(ended.stderr, /caused by CracException \[ERR_CRAC_IMAGE_DAMAGED\]/);
});

test('a process that takes too long is left alone', async (t) => {
  const place = makePlace(t);
  const app = await startAttached(t, place, { RESOURCES: 'slow' });
  const ended = await call(t, place, 'checkpoint', String(app.pid), '--timeout', '0.3');
  assert.equal(ended.code, 75);
  assert.match(ended.stderr, /wrote no image within 0.3 s; unless it is writing by now, it gives up/);
});

test('a checkpoint that nobody waits for any more is given up', async (t) => {
  const place = makePlace(t);
  const app = await startAttached(t, place, { RESOURCES: 'slowly' });
  assert.equal((await call(t, place, 'checkpoint', String(app.pid), '--timeout', '0.2')).code, 75);
  await app.waitFor(/again/);
  assert.equal((await call(t, place, 'checkpoint', String(app.pid))).code, 0);
});

test('a checkpoint that is overtaken by another one is rejected and never made up for', async (t) => {
  const place = makePlace(t);
  const app = await startAttached(t, place, { RESOURCES: 'slowly', AGENT: 'fail', OWN: '100' });
  await app.waitFor(/own checkpoint/);
  const ended = await call(t, place, 'checkpoint', String(app.pid));
  assert.equal(ended.code, 1);
  assert.match(ended.stderr, /wrote no image: another checkpoint of the process is under way/);
  await app.waitFor(/again[\s\S]*own failed[\s\S]*again/);
});

test('without an image directory the process says so', async (t) => {
  const place = makePlace(t);
  const app = await startAttached(t, place, {}, []);
  const ended = await call(t, place, 'checkpoint', String(app.pid));
  assert.equal(ended.code, 1);
  assert.match(ended.stderr, /ERR_CRAC_NOT_CONFIGURED/);
});

test('a process that is not there and a stack on request', async (t) => {
  const place = makePlace(t);
  writeFileSync(join(place.folder, 'x'), '');
  const ended = await call(t, place, 'checkpoint', '999999999');
  assert.deepEqual([ended.code, ended.stdout], [69, '']);
  assert.match(ended.stderr, /^crac: No process "999999999" can be reached in .*\n$/);
  const debug = await call(
    t,
    { ...place, env: { ...place.env, CRAC_LOG: 'debug' } },
    'checkpoint',
    '999999999',
  );
  assert.match(debug.stderr, /\n\s+at /);
});

test('a dry run says whether a checkpoint would work, writes nothing, and the process goes on', async (t) => {
  const place = makePlace(t);
  const app = await startAttached(t, place);
  const ended = await call(t, place, 'checkpoint', String(app.pid), '--dry-run');
  assert.deepEqual([ended.code, ended.stderr], [0, '']);
  assert.match(ended.stdout, /^OK: a checkpoint of process \d+ would get to its image; the process goes on/);
  await app.waitFor(/again/);
  assert.ok(!existsSync(place.image));
  const json = await call(t, place, 'checkpoint', String(app.pid), '--dry-run', '--json');
  assert.deepEqual([json.code, JSON.parse(json.stdout)], [0, { pid: app.pid, kind: 'passed' }]);
  const failing = await startAttached(t, place, { RESOURCES: 'throw' });
  const failed = await call(t, place, 'checkpoint', String(failing.pid), '--dry-run');
  assert.deepEqual([failed.code, failed.stdout], [1, '']);
  assert.match(failed.stderr, /could not be checkpointed now\.\n[\s\S]*3 queries are still running/);
  const status = await call(t, place, 'status', String(failing.pid), '--json');
  const { availability, generation, restoreTime, uptimeSinceRestore, lastCheckpoint } = JSON.parse(
    status.stdout,
  );
  assert.deepEqual([availability.status, generation, restoreTime, uptimeSinceRestore], ['ready', 0, -1, -1]);
  assert.deepEqual(
    [lastCheckpoint.outcome, lastCheckpoint.reasons],
    ['failed', ['3 queries are still running']],
  );
  const shown = await call(t, place, 'status', String(failing.pid));
  assert.match(shown.stdout, /^checkpoint {3}failed, .* ms \(application /m);
  assert.match(shown.stdout, /^restore {6}never$/m);
});
