import assert from 'node:assert/strict';
import { tracingChannel } from 'node:diagnostics_channel';
import { chmodSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { CheckpointException } from 'node-crac';
import { writeHeapSnapshot } from '#dist/observe/heap-snapshot.js';
import { createObserver } from '#dist/observe/observer.js';
import { trace } from '#dist/observe/trace.js';
import { createFake, found, restored, running } from '../checkpoint/fake.js';
import { scratch } from '../support/scratch.js';

const observer = createObserver();

/** Hears what is published on a tracing channel while the test runs. */
function listen(t: TestContext, name: string): Record<string, unknown>[] {
  const heard: Record<string, unknown>[] = [];
  for (const event of ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const) {
    const channel = tracingChannel(name)[event];
    const hear = (message: unknown): void => void heard.push({ event, ...(message as object) });
    channel.subscribe(hear);
    t.after(() => channel.unsubscribe(hear));
  }
  return heard;
}

test('a dry run tells everybody, inspects, brings all back, and writes nothing', async () => {
  const fake = createFake({ parts: { observer } });
  fake.context.register({
    beforeCheckpoint: () => void fake.log.push('before'),
    afterRestore: (_context, info) => void fake.log.push(`after, restored: ${info.restored}`),
  });
  const { restored: isRestored } = await fake.manager.checkpoint({ dryRun: true });
  assert.equal(isRestored, false);
  assert.deepEqual(fake.log, ['before', 'after, restored: false']);
  assert.deepEqual(fake.requests, []);
  assert.equal(fake.manager.lastCheckpoint()?.outcome, 'passed');
});

test('a dry run throws what the checkpoint would have thrown', async () => {
  const fake = createFake({ parts: { inspect: () => found([new Error('descriptor 21 is open')]) } });
  await assert.rejects(fake.manager.checkpoint({ dryRun: true }), /descriptor 21 is open/);
  const { outcome, reasons } = fake.manager.lastCheckpoint() ?? assert.fail();
  assert.deepEqual([outcome, reasons], ['failed', ['descriptor 21 is open']]);
});

test('how checkpoints ended is remembered and counted', async () => {
  const past = createFake().manager.counts();
  const failing = createFake({ outcome: () => Promise.reject(new Error('no space left')) });
  await assert.rejects(failing.manager.checkpoint());
  const { outcome, reasons, phases, duration, directory } = failing.manager.lastCheckpoint() ?? assert.fail();
  assert.deepEqual([outcome, reasons, directory], ['failed', ['no space left'], '/images/one']);
  const times = Object.values(phases);
  assert.ok(times.reduce((sum, time) => sum + time) <= duration);
  const succeeding = createFake({ outcome: restored });
  await succeeding.manager.checkpoint();
  const { written, failed, restored: restores } = succeeding.manager.counts();
  assert.deepEqual([written, failed, restores], [past.written + 1, past.failed + 1, past.restored + 1]);
  const back = succeeding.manager.lastRestore() ?? assert.fail();
  assert.deepEqual([back.startedAt, back.engine], [1000, 2]);
  assert.ok(back.application >= back.runtime);
});

test('the image of a process that goes on is a step, too', async () => {
  const fake = createFake({ outcome: running(Promise.resolve()) });
  await fake.manager.checkpoint({ keepRunning: true });
  const { outcome, phases, duration } = fake.manager.lastCheckpoint() ?? assert.fail();
  assert.equal(outcome, 'written');
  assert.ok(phases.image !== undefined && phases.image >= 0 && phases.image <= duration);
});

test('a failure is published with the step and the resource that it came from', async (t) => {
  const phases = listen(t, 'node-crac:phase');
  const resources = listen(t, 'node-crac:resource');
  const whole = listen(t, 'node-crac:checkpoint');
  const busy = new Error('busy');
  const fake = createFake({ parts: { observer } });
  fake.context.register(
    {
      beforeCheckpoint() {
        throw busy;
      },
      afterRestore() {},
    },
    { name: 'pool' },
  );
  await assert.rejects(fake.manager.checkpoint({ directory: '/images/two' }));
  const errors = (heard: Record<string, unknown>[]): unknown[] =>
    heard.filter(({ event }) => event === 'error').map(({ phase, resource }) => [phase, resource]);
  assert.deepEqual(errors(phases), [['application', undefined]]);
  assert.deepEqual(errors(resources), [['beforeCheckpoint', 'pool']]);
  assert.equal(resources.find(({ event }) => event === 'error')?.['error'], busy);
  assert.deepEqual(
    whole.map(({ event, directory, dryRun }) => [event, directory, dryRun]),
    ['start', 'end', 'error', 'asyncStart', 'asyncEnd'].map((event) => [event, '/images/two', false]),
  );
});

test('the rehearsal of a restore is not published', async (t) => {
  const heard = listen(t, 'node-crac:resource');
  const fake = createFake({ parts: { observer } });
  await fake.manager.checkpoint({ dryRun: true });
  assert.deepEqual(heard, []);
});

test('a call is published in the order in which Node.js publishes its own', async (t) => {
  const order = async (name: string, work: (name: string) => unknown): Promise<unknown[]> => {
    const heard = listen(t, name);
    await work(name);
    return heard.map(({ event }) => event);
  };
  const fail = async (): Promise<never> => Promise.reject(new Error('no'));
  const ours = (call: () => unknown) => async (name: string) => {
    try {
      await trace(tracingChannel(name), {}, call, () => {});
    } catch {}
  };
  assert.deepEqual(
    [
      await order(
        'test:one',
        ours(async () => 1),
      ),
      await order('test:two', ours(fail)),
    ],
    [
      await order('test:three', (name) => tracingChannel(name).tracePromise(async () => 1, {})),
      await order('test:four', (name) =>
        tracingChannel(name)
          .tracePromise(fail, {})
          .catch(() => {}),
      ),
    ],
  );
  assert.deepEqual(
    await order(
      'test:five',
      ours(() => 1),
    ),
    await order('test:six', (name) => tracingChannel(name).traceSync(() => 1, {})),
  );
});

test('a checkpoint that fails writes the heap where it was told, and says where', async (t) => {
  const directory = scratch(t);
  chmodSync(directory, 0o755);
  const fake = createFake({ parts: { inspect: () => found([new Error('open')]), writeHeapSnapshot } });
  await assert.rejects(
    fake.manager.checkpoint({ heapSnapshotOnFailure: directory }),
    (error: CheckpointException) => {
      const { heapSnapshot = '' } = error.details;
      assert.deepEqual(
        readdirSync(directory).map((name) => join(directory, name)),
        [heapSnapshot],
      );
      assert.equal(statSync(heapSnapshot).mode & 0o777, 0o600);
      assert.match(readFileSync(heapSnapshot, 'utf8'), /^\{"snapshot":\{"meta":/);
      assert.equal(fake.manager.lastCheckpoint()?.heapSnapshot, heapSnapshot);
      return true;
    },
  );
  await createFake({ parts: { writeHeapSnapshot } }).manager.checkpoint({ heapSnapshotOnFailure: directory });
  assert.equal(readdirSync(directory).length, 1, 'one that works writes none');
});
