import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CheckpointException, Context, getGlobalContext, RestoreException } from 'node-crac';
import { continued, createRecorder } from './recorder.js';

async function tellAll(context: Context): Promise<void> {
  await context.beforeCheckpoint();
  await context.afterRestore(context, continued);
}

test('the last registered resource hears of the checkpoint first and of the restore last', async () => {
  const { log, resource } = createRecorder();
  const context = new Context();
  for (const name of ['a', 'b', 'c']) context.register(resource(name));
  await tellAll(context);
  assert.deepEqual(log, ['before c', 'before b', 'before a', 'after a', 'after b', 'after c']);
});

test('an asynchronous resource is finished before the next one is told', async () => {
  const { log, resource } = createRecorder();
  const context = new Context();
  context.register(resource('a'));
  context.register(
    resource('b', {
      async beforeCheckpoint() {
        await new Promise((resolve) => setImmediate(resolve));
        log.push('closed b');
      },
    }),
  );
  await context.beforeCheckpoint();
  assert.deepEqual(log, ['before b', 'closed b', 'before a']);
});

test('a resource receives the context that tells it and what the restore brought', async () => {
  const seen: unknown[] = [];
  const context = new Context();
  context.register({
    beforeCheckpoint: (told) => void seen.push(told),
    afterRestore: (told, info) => void seen.push(told, info),
  });
  await tellAll(context);
  assert.deepEqual(seen, [context, context, continued]);
});

test('every resource is told although others throw, and is told of the end although it threw itself', async () => {
  const { log, resource } = createRecorder();
  const context = new Context();
  const failure = new Error('cannot close');
  context.register(resource('a'));
  context.register(resource('b', { beforeCheckpoint: () => Promise.reject(failure) }), { name: 'pool' });
  context.register(
    resource('c', {
      beforeCheckpoint() {
        throw failure;
      },
    }),
    { name: 'log' },
  );
  await assert.rejects(context.beforeCheckpoint(), (error: CheckpointException) => {
    assert.ok(error instanceof CheckpointException);
    assert.deepEqual(error.errors, [failure, failure]);
    assert.deepEqual(error.details.resources, ['log', 'pool']);
    return true;
  });
  await context.afterRestore(context, continued);
  assert.deepEqual(log, ['before c', 'before b', 'before a', 'after a', 'after b', 'after c']);
});

test('failures of afterRestore are collected in a RestoreException', async () => {
  const { log, resource } = createRecorder();
  const context = new Context();
  context.register(
    resource('a', {
      afterRestore() {
        throw new Error('cannot open');
      },
    }),
    { name: 'a' },
  );
  context.register(resource('b'));
  await context.beforeCheckpoint();
  await assert.rejects(context.afterRestore(context, continued), (error: RestoreException) => {
    assert.ok(error instanceof RestoreException);
    assert.match(error.message, /not everything came back: \[a\] Error: cannot open$/);
    return true;
  });
  assert.equal(log.at(-1), 'after b');
});

test('a nested context is told in its turn and its failures become failures of the outer one', async () => {
  const { log, resource } = createRecorder();
  const outer = new Context({ name: 'outer' });
  const inner = new Context({ name: 'inner' });
  const failure = new Error('no');
  outer.register(resource('a'));
  outer.register(inner);
  outer.register(resource('d'));
  inner.register(resource('b'), { name: 'b' });
  inner.register(resource('c', { beforeCheckpoint: () => Promise.reject(failure) }), { name: 'c' });
  await assert.rejects(outer.beforeCheckpoint(), (error: CheckpointException) => {
    assert.deepEqual(error.errors, [failure]);
    assert.deepEqual(error.details.resources, ['inner > c']);
    return true;
  });
  await outer.afterRestore(outer, continued);
  const before = ['before d', 'before c', 'before b', 'before a'];
  assert.deepEqual(log, [...before, 'after a', 'after b', 'after c', 'after d']);
});

test('a thrown value that is no Error is named with its resource', async () => {
  const context = new Context();
  context.register(
    {
      beforeCheckpoint() {
        throw 'nothing';
      },
      afterRestore() {},
    },
    { name: 'odd' },
  );
  await assert.rejects(
    context.beforeCheckpoint(),
    /beforeCheckpoint of odd threw "nothing", which is no Error/,
  );
});

test('a thrown value that cannot be made text is named too', async () => {
  const context = new Context();
  const beforeCheckpoint = (): Promise<void> => Promise.reject(Object.create(null));
  context.register({ beforeCheckpoint, afterRestore() {} }, { name: 'odd' });
  await assert.rejects(context.beforeCheckpoint(), /beforeCheckpoint of odd threw an object/);
});

test('without a checkpoint before it a restore tells nobody', async () => {
  const { log, resource } = createRecorder();
  const context = new Context();
  context.register(resource('a'));
  await context.afterRestore(context, continued);
  assert.deepEqual(log, []);
});

test('the same resources are told again by the next checkpoint', async () => {
  const { log, resource } = createRecorder();
  const context = new Context();
  context.register(resource('a'));
  await tellAll(context);
  await tellAll(context);
  assert.deepEqual(log, ['before a', 'after a', 'before a', 'after a']);
});

test('all copies of the package share one global context', async () => {
  const { getGlobalContext: other } = await import(`${import.meta.resolve('node-crac')}?copy`);
  assert.equal(other(), getGlobalContext());
});
