import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CheckpointException, Resource } from 'node-crac';
import type { Engine } from 'node-crac/engine';
import { createFake, found } from './fake.js';

function causedBy(code: string): (error: CheckpointException) => boolean {
  return (error) => {
    assert.equal(error.name, 'CheckpointException');
    assert.deepEqual(
      error.errors.map((cause) => (cause as { code?: unknown }).code),
      [code],
    );
    return true;
  };
}

test('without a directory nobody is told', async () => {
  const fake = createFake({ parts: { configuredDirectory: () => undefined } });
  fake.context.register({ beforeCheckpoint: () => assert.fail(), afterRestore: () => assert.fail() });
  await assert.rejects(fake.manager.checkpoint(), causedBy('ERR_CRAC_NOT_CONFIGURED'));
});

test('concurrent callers get a checkpoint of their own, one after the other', async () => {
  const fake = createFake();
  fake.context.register({
    beforeCheckpoint: () => new Promise((resolve) => setTimeout(resolve, 5)),
    afterRestore: () => void fake.log.push('after'),
  });
  const both = await Promise.all([
    fake.manager.checkpoint(),
    fake.manager.checkpoint({ directory: '/images/two' }),
  ]);
  assert.deepEqual(fake.log, ['engine', 'after', 'engine', 'after']);
  assert.equal(both[1].generation, both[0].generation + 1);
});

test('a failed checkpoint passes the turn on', async () => {
  let fails = true;
  const fake = createFake({ parts: { inspect: () => found(fails ? [new Error('open')] : []) } });
  await assert.rejects(fake.manager.checkpoint());
  fails = false;
  await fake.manager.checkpoint();
});

test('a call from inside a callback is refused at once, also from what the callback awaits', async () => {
  const fake = createFake();
  const refusals: unknown[] = [];
  const ask = async (): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    await fake.manager.checkpoint().catch((error) => refusals.push(error));
  };
  fake.context.register({ beforeCheckpoint: ask, afterRestore: ask });
  await fake.manager.checkpoint();
  assert.equal(refusals.length, 2);
  for (const refusal of refusals) causedBy('ERR_CRAC_RECURSIVE_CALL')(refusal as CheckpointException);
  assert.deepEqual(fake.log, ['engine']);
});

test('what a callback leaves behind may ask for a checkpoint later', async () => {
  const fake = createFake();
  const later = new Promise((resolve, reject) => {
    const registration = fake.context.register({
      beforeCheckpoint() {},
      afterRestore() {
        registration.unregister();
        setTimeout(() => fake.manager.checkpoint().then(resolve, reject), 20);
      },
    });
  });
  await fake.manager.checkpoint();
  await later;
  assert.deepEqual(fake.log, ['engine', 'engine']);
});

test('a directory that was configured at the first checkpoint serves the second if the restorer names none', async () => {
  let directory: string | undefined = '/images/configured';
  const fake = createFake({ parts: { configuredDirectory: () => directory } });
  await fake.manager.checkpoint();
  directory = undefined;
  await fake.manager.checkpoint();
  assert.equal(fake.requests[1]?.directory, '/images/configured');
});

test('a worker thread is refused', async () => {
  const fake = createFake({ parts: { isMainThread: false } });
  await assert.rejects(fake.manager.checkpoint(), causedBy('ERR_CRAC_WORKER_THREAD'));
  assert.equal(fake.manager.availability().status, 'never');
});

test('an engine that can never work here is not tried, and says why', async () => {
  const fake = createFake({ engine: { availability: () => ({ status: 'never', reason: 'No kernel.' }) } });
  await assert.rejects(fake.manager.checkpoint(), causedBy('ERR_CRAC_UNAVAILABLE'));
  await assert.rejects(fake.manager.checkpoint(), /Cannot checkpoint with engine fake: No kernel\./);
  assert.deepEqual(fake.log, []);
});

test('an engine is asked whether it can write to the directory of the checkpoint', async () => {
  const never = { status: 'never', reason: 'Its pages are mapped from there.' } as const;
  const availability: Engine['availability'] = ({ directory }) =>
    directory === '/images/one' ? never : { status: 'ready' };
  const fake = createFake({ engine: { availability } });
  assert.deepEqual(fake.manager.availability(), never);
  await assert.rejects(fake.manager.checkpoint(), causedBy('ERR_CRAC_UNAVAILABLE'));
  await fake.manager.checkpoint({ directory: '/images/two' });
  assert.deepEqual(fake.log, ['engine']);
});

test('an engine that cannot keep the process running is not asked to', async () => {
  const fake = createFake({ engine: { capabilities: { image: true, keepRunning: false } } });
  await assert.rejects(fake.manager.checkpoint({ keepRunning: true }), causedBy('ERR_CRAC_ENGINE_LACKS'));
});

test('options of the wrong kind are refused', async () => {
  const fake = createFake();
  const refused = { code: 'ERR_CRAC_INVALID_ARGUMENT' };
  await assert.rejects(fake.manager.checkpoint({ timeout: -1 }), refused);
  await assert.rejects(fake.manager.checkpoint({ directory: 1 as unknown as string }), refused);
  await assert.rejects(fake.manager.checkpoint({ keepRunning: 'yes' as unknown as boolean }), refused);
  const others = [null, 'x', { engine: 1 }, { engineOptions: 1 }, { userData: 'x' }, { policies: {} }];
  for (const options of others) await assert.rejects(fake.manager.checkpoint(options as never), refused);
  await assert.rejects(fake.manager.prepare(null as never), refused);
  assert.deepEqual(fake.log, []);
});

test('prepare() and resume() are the two halves of a checkpoint', async () => {
  const fake = createFake();
  fake.context.register({
    beforeCheckpoint: () => void fake.log.push('before'),
    afterRestore: (_context, info) => void fake.log.push(`after ${info.restored} ${info.args}`),
  });
  await fake.manager.prepare();
  assert.deepEqual(fake.log, ['before']);
  await assert.rejects(fake.manager.prepare(), causedBy('ERR_CRAC_ALREADY_PREPARED'));
  await assert.rejects(fake.manager.checkpoint(), causedBy('ERR_CRAC_ALREADY_PREPARED'));
  const info = await fake.manager.resume({ args: ['a', 'b'] });
  assert.equal(info.cwd, process.cwd());
  assert.equal(info.env, undefined);
  await fake.manager.prepare();
  await fake.manager.resume();
  assert.deepEqual(fake.log, ['before', 'after true a,b', 'before', 'after false ']);
});

test('prepare() that fails undoes itself and lets others have their turn', async () => {
  const told: boolean[] = [];
  const resource: Resource = {
    beforeCheckpoint() {
      throw new Error('busy');
    },
    afterRestore: (_context, { restored }) => void told.push(restored),
  };
  const fake = createFake();
  const registration = fake.context.register(resource);
  await assert.rejects(fake.manager.prepare(), /busy/);
  assert.deepEqual(told, [false]);
  await assert.rejects(fake.manager.resume(), { code: 'ERR_CRAC_NOT_PREPARED' });
  registration.unregister();
  await fake.manager.checkpoint();
});

test('resume() tells how long the process was away: by its own clocks, or as it is told', async () => {
  const fake = createFake();
  await fake.manager.prepare();
  await new Promise((resolve) => setTimeout(resolve, 30));
  const { frozenMs, frozenMonotonicMs } = await fake.manager.resume({});
  assert.ok(frozenMs >= 28 && frozenMs < 5000, `It says ${frozenMs} ms.`);
  assert.ok(frozenMonotonicMs >= 28 && frozenMonotonicMs < 5000, `It says ${frozenMonotonicMs} ms.`);
  await fake.manager.prepare();
  const told = await fake.manager.resume({ frozenMs: 7000, frozenMonotonicMs: 0 });
  assert.deepEqual([told.frozenMs, told.frozenMonotonicMs], [7000, 0]);
  await fake.manager.prepare();
  const going = await fake.manager.resume();
  assert.deepEqual([going.frozenMs, going.frozenMonotonicMs], [0, 0]);
});

test('whoever asked before the process was prepared waits for resume()', async () => {
  const fake = createFake();
  const prepared = fake.manager.prepare();
  const waiting = fake.manager.checkpoint();
  await prepared;
  assert.deepEqual(fake.log, []);
  await fake.manager.resume();
  await waiting;
  assert.deepEqual(fake.log, ['engine']);
});
