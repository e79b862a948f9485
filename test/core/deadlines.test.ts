import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CheckpointException, Context } from 'node-crac';
import { continued, createRecorder, never } from './recorder.js';

function codes(error: CheckpointException): unknown[] {
  return error.errors.map((cause) => (cause as { code?: unknown }).code);
}

test('a resource that misses its deadline is named, and the others are told', async () => {
  const { log, resource } = createRecorder();
  const context = new Context();
  context.register(resource('a'));
  context.register(resource('slow', { beforeCheckpoint: never }), { name: 'slow', timeout: 20 });
  await assert.rejects(
    context.beforeCheckpoint(),
    /beforeCheckpoint of slow did not end within the 20 ms of resource slow/,
  );
  await context.afterRestore(context, continued);
  assert.deepEqual(log, ['before slow', 'before a', 'after a', 'after slow']);
});

test('the deadline of the context holds for resources without one of their own', async () => {
  const { resource } = createRecorder();
  const context = new Context({ name: 'main', timeout: 20 });
  context.register(resource('slow', { beforeCheckpoint: never }), { name: 'slow' });
  await assert.rejects(context.beforeCheckpoint(), /within the 20 ms of context main/);
});

test('afterRestore has the deadline too', async () => {
  const { log, resource } = createRecorder();
  const context = new Context();
  context.register(resource('slow', { afterRestore: never }), { name: 'slow', timeout: 20 });
  context.register(resource('b'));
  await context.beforeCheckpoint();
  await assert.rejects(
    context.afterRestore(context, continued),
    /afterRestore of slow did not end within the 20 ms/,
  );
  assert.equal(log.at(-1), 'after b');
});

test('the signal tells a resource that its time is over', async () => {
  const context = new Context();
  let aborted = false;
  context.register(
    {
      beforeCheckpoint: (_context, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            aborted = true;
            resolve();
          });
        }),
      afterRestore() {},
    },
    { timeout: 20 },
  );
  await assert.rejects(context.beforeCheckpoint());
  assert.equal(aborted, true);
});

test('the late failure of a resource disturbs neither the process nor the next checkpoint', async () => {
  const { log, resource } = createRecorder();
  const context = new Context();
  let fail = (_error: Error): void => {};
  const slow = {
    beforeCheckpoint(): Promise<void> {
      return new Promise((_resolve, reject) => {
        fail = reject;
      });
    },
  };
  const registration = context.register(resource('slow', slow), { name: 'slow', timeout: 10 });
  await assert.rejects(context.beforeCheckpoint());
  await context.afterRestore(context, continued);
  registration.unregister();
  context.register(resource('b'));
  const second = context.beforeCheckpoint();
  fail(new Error('late'));
  await second;
  assert.deepEqual(log, ['before slow', 'after slow', 'before b']);
});

test('a nested context that misses its deadline names the resource that it waited for', async () => {
  const { log, resource } = createRecorder();
  const outer = new Context({ name: 'outer' });
  const inner = new Context({ name: 'inner' });
  outer.register(resource('a'));
  outer.register(inner, { timeout: 20 });
  inner.register(resource('b'), { name: 'b' });
  inner.register(resource('slow', { beforeCheckpoint: never }), { name: 'slow' });
  await assert.rejects(outer.beforeCheckpoint(), (error: CheckpointException) => {
    assert.deepEqual(codes(error), ['ERR_CRAC_RESOURCE_TIMEOUT', 'ERR_CRAC_NOT_TOLD']);
    assert.deepEqual(error.details.resources, ['inner > slow', 'inner']);
    assert.match(error.message, /The deadline of resource inner passed before b could be told/);
    return true;
  });
  await outer.afterRestore(outer, continued);
  assert.deepEqual(log, ['before slow', 'before a', 'after a', 'after slow']);
});

test('a context of somebody else that ignores its deadline is left behind', async () => {
  class Stubborn extends Context {
    override beforeCheckpoint(): Promise<void> {
      return never();
    }
  }
  const outer = new Context();
  outer.register(new Stubborn({ name: 'stubborn' }), { timeout: 20 });
  await assert.rejects(outer.beforeCheckpoint(), /beforeCheckpoint of stubborn did not end within the 20 ms/);
});

test('when the deadline of the whole has passed, who was not told is named and hears nothing of the end', async () => {
  const { log, resource } = createRecorder();
  const context = new Context();
  for (const name of ['a', 'b']) context.register(resource(name), { name });
  context.register(resource('slow', { beforeCheckpoint: never }), { name: 'slow' });
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 20);
  await assert.rejects(context.beforeCheckpoint(context, controller), (error: CheckpointException) => {
    assert.deepEqual(codes(error), ['ERR_CRAC_RESOURCE_TIMEOUT', 'ERR_CRAC_NOT_TOLD']);
    assert.match(error.message, /before b, a could be told/);
    return true;
  });
  await context.afterRestore(context, continued);
  assert.deepEqual(log, ['before slow', 'after slow']);
});
