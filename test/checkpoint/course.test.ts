import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CheckpointException, RestoreException, type RestoreInfo } from 'node-crac';
import type { Inspection, InspectionRules } from '#dist/descriptors/inspect-process.js';
import { cracError } from '#dist/errors.js';
import { createFake, type FakeProcess, found, restoreData, restored, running } from './fake.js';

function watch({ context, runtime, log }: FakeProcess): RestoreInfo[] {
  const infos: RestoreInfo[] = [];
  for (const [name, told] of [['application', context] as const, ['runtime', runtime] as const]) {
    told.register({
      beforeCheckpoint: () => void log.push(`before ${name}`),
      afterRestore(_context, info) {
        log.push(`after ${name}`);
        infos.push(info);
      },
    });
  }
  return infos;
}

const wholeCourse = ['before application', 'before runtime', 'engine', 'after runtime', 'after application'];
const undone = wholeCourse.filter((step) => step !== 'engine');

test('the application hears of the checkpoint first and of the restore last', async () => {
  const fake = createFake();
  watch(fake);
  await fake.manager.checkpoint();
  assert.deepEqual(fake.log, wholeCourse);
});

test('the caller and the resources learn what the restore brought', async () => {
  const fake = createFake();
  const infos = watch(fake);
  const { generation } = await fake.manager.checkpoint();
  infos.length = 0;
  const info = await fake.manager.checkpoint();
  const { cwdPolicy: _cwd, envPolicy: _env, ...brought } = restoreData;
  assert.deepEqual(JSON.parse(JSON.stringify(info)), {
    ...brought,
    restored: true,
    generation: generation + 1,
  });
  assert.deepEqual(infos, [info, info]);
});

test('the generation grows with each restore', async () => {
  const fake = createFake();
  const first = await fake.manager.checkpoint();
  const second = await fake.manager.checkpoint();
  assert.equal(second.generation, first.generation + 1);
  assert.equal(fake.requests[1]?.manifest, `generation ${second.generation}`);
});

test('the engine is asked for what the caller asked for', async () => {
  const fake = createFake();
  await fake.manager.checkpoint({
    directory: '/images/two',
    keepRunning: true,
    verify: true,
    stopTimeout: 7,
    userData: { version: '3' },
  });
  const { id: _id, manifest: _, announce: _announce, ...request } = fake.requests[0] ?? assert.fail();
  assert.deepEqual(request, {
    directory: '/images/two',
    keepRunning: true,
    verify: true,
    placeholders: [],
    closed: [],
    reopened: [],
    unchecked: [],
    stopTimeout: 7,
    userData: { version: '3' },
    options: {},
    tags: '',
    score: '',
  });
});

test('restoreTime() and uptimeSinceRestore() follow the last restore', async () => {
  const fake = createFake();
  await fake.manager.checkpoint();
  assert.equal(fake.manager.restoreTime(), restoreData.startedAt);
  const uptime = fake.manager.uptimeSinceRestore();
  assert.ok(uptime >= restoreData.duration && uptime < 5000);
});

test('one exception names failing resources and everything that is open, no image is written and all is undone', async () => {
  const open = new Error('descriptor 21 is open');
  const fake = createFake({ parts: { inspect: () => found([open]) } });
  const infos = watch(fake);
  fake.context.register(
    {
      beforeCheckpoint() {
        throw new Error('busy');
      },
      afterRestore() {
        throw new Error('still busy');
      },
    },
    { name: 'pool' },
  );
  await assert.rejects(fake.manager.checkpoint(), (error: CheckpointException) => {
    assert.equal(error.name, 'CheckpointException');
    assert.deepEqual(
      error.errors.map(({ message }) => message),
      ['busy', 'descriptor 21 is open', 'still busy'],
    );
    assert.deepEqual(error.details.resources, ['pool', null, 'pool']);
    return true;
  });
  assert.deepEqual(fake.log, undone);
  assert.equal(infos[0]?.restored, false);
});

test('an engine that fails leaves a running process and a CheckpointException', async () => {
  const failure = new Error('no space left');
  const fake = createFake({ outcome: () => Promise.reject(failure) });
  watch(fake);
  await assert.rejects(fake.manager.checkpoint(), (error: CheckpointException) => {
    assert.deepEqual(error.errors, [failure]);
    return true;
  });
  assert.deepEqual(fake.log, wholeCourse);
});

test('a resource that cannot come back after the restore makes a RestoreException', async () => {
  const fake = createFake();
  fake.context.register(
    {
      beforeCheckpoint() {},
      afterRestore() {
        throw new Error('no network');
      },
    },
    { name: 'db' },
  );
  await assert.rejects(fake.manager.checkpoint(), (error: RestoreException) => {
    assert.ok(error instanceof RestoreException);
    assert.match(error.message, /\[db\] Error: no network/);
    return true;
  });
});

test('with keepRunning resources come back at once and the caller waits for the image', async () => {
  let finish = (): void => {};
  const written = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const fake = createFake({ outcome: () => running(written)() });
  const infos = watch(fake);
  const back = new Promise<void>((resolve) => {
    fake.context.register({ beforeCheckpoint() {}, afterRestore: () => resolve() });
  });
  const result = fake.manager.checkpoint({ keepRunning: true }).finally(() => fake.log.push('returned'));
  await back;
  await new Promise((resolve) => setTimeout(resolve, 5));
  const logged = [...fake.log];
  finish();
  assert.equal((await result).restored, false);
  assert.deepEqual(logged, wholeCourse);
  assert.equal(infos[0]?.restored, false);
});

test('with keepRunning an image that cannot be written makes a CheckpointException', async () => {
  const fake = createFake({ outcome: () => running(Promise.reject(new Error('disk full')))() });
  watch(fake);
  await assert.rejects(fake.manager.checkpoint({ keepRunning: true }), /The checkpoint failed.*disk full/);
  assert.deepEqual(fake.log, wholeCourse);
});

test('requests on the thread pool are waited for', async () => {
  const busy = [['FSReqCallback', 'Timeout'], ['FSReqPromise'], []];
  const fake = createFake({ parts: { activeRequests: () => ({ listed: busy.shift() ?? [], unlisted: 0 }) } });
  await fake.manager.checkpoint();
  assert.deepEqual(busy, []);
});

test('requests on the thread pool that do not end are named', async () => {
  const active = ['FSReqCallback', 'FSReqCallback', 'GetAddrInfoReqWrap', 'TCPServerWrap'];
  const fake = createFake({ parts: { activeRequests: () => ({ listed: active, unlisted: 1 }) } });
  await assert.rejects(
    fake.manager.checkpoint({ timeout: 30 }),
    /did not end within 30 ms \(2 fs, 1 dns\.lookup\)/,
  );
});

test('computations on the thread pool are waited for, and named when they travel instead', async () => {
  const busy = [2, 1];
  const activeRequests = (): { listed: string[]; unlisted: number } => ({
    listed: ['Timeout', 'WriteWrap'],
    unlisted: busy.shift() ?? 0,
  });
  const patient = createFake({ parts: { activeRequests } });
  await patient.manager.checkpoint();
  assert.deepEqual(busy, []);
  const endless = createFake({ parts: { activeRequests: () => ({ listed: [], unlisted: 3 }) } });
  await endless.manager.checkpoint({ timeout: 30 });
  assert.match(endless.log[0] ?? '', /^warning: .* did not end within 30 ms \(3 computations\)/);
});

test('a file that another thread has open for a moment does not stand in the way', async () => {
  const open = cracError('ERR_CRAC_OPEN_FILE', {
    fd: 21,
    kind: 'file',
    target: '/etc/hosts',
    advice: 'close it',
  });
  const looks = [found([open]), found([open]), found([])];
  const fake = createFake({ parts: { inspect: () => looks.shift() ?? found([]) } });
  await fake.manager.checkpoint();
  assert.deepEqual(looks, []);
  const other = createFake({ parts: { inspect: () => found([open]) } });
  await assert.rejects(other.manager.checkpoint(), /Descriptor 21 \(file \/etc\/hosts\) is open/);
});

test('a resource that misses the deadline of the whole checkpoint is named', async () => {
  const fake = createFake();
  fake.context.register({ beforeCheckpoint: () => new Promise(() => {}), afterRestore() {} }, { name: 'db' });
  await assert.rejects(
    fake.manager.checkpoint({ timeout: 30 }),
    /beforeCheckpoint of db did not end within the 30 ms of the checkpoint/,
  );
  assert.deepEqual(fake.log, []);
});

test('placeholders may stay open, and whoever asked is told when only the engine is left', async () => {
  const inspected: (readonly number[])[] = [];
  const inspect = ({ placeholders }: InspectionRules): Inspection => {
    inspected.push(placeholders);
    return found([], placeholders);
  };
  const fake = createFake({ parts: { inspect } });
  await fake.manager.checkpoint(
    {},
    {
      placeholders: [21],
      async onWriting({ directory }) {
        fake.log.push(`writing ${directory}`);
      },
    },
  );
  assert.deepEqual(inspected, [[21], [21]]);
  assert.deepEqual(fake.requests[0]?.placeholders, [21]);
  assert.deepEqual(fake.log, ['writing /images/one', 'engine']);
});

test('the event loop lives until the checkpoint has ended', async () => {
  const fake = createFake({ outcome: restored });
  fake.context.register({
    beforeCheckpoint: () => new Promise((resolve) => setTimeout(resolve, 20).unref()),
    afterRestore() {},
  });
  assert.equal((await fake.manager.checkpoint()).restored, true);
});
