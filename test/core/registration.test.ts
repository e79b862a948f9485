import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Context, type Registration, type Resource } from 'node-crac';
import { continued, createRecorder } from './recorder.js';

const nothing: Resource = { beforeCheckpoint() {}, afterRestore() {} };

test('an unregistered resource is not told', async () => {
  const { log, resource } = createRecorder();
  const context = new Context();
  context.register(resource('a'));
  context.register(resource('b')).unregister();
  await context.beforeCheckpoint();
  assert.deepEqual(log, ['before a']);
  assert.equal(context.size, 1);
});

test('Symbol.dispose unregisters', () => {
  const context = new Context();
  context.register(nothing)[Symbol.dispose]();
  assert.equal(context.size, 0);
});

test('a resource that is registered again moves to the end of the order, and its old registration means nothing', async () => {
  const { log, resource } = createRecorder();
  const context = new Context();
  const first = resource('a');
  const old = context.register(first);
  context.register(resource('b'));
  context.register(first);
  old.unregister();
  await context.beforeCheckpoint();
  assert.deepEqual(log, ['before a', 'before b']);
});

test('a resource registered while the checkpoint is told takes part in it', async () => {
  const { log, resource } = createRecorder();
  const context = new Context();
  context.register(resource('a'));
  context.register(resource('b', { beforeCheckpoint: (told) => void told.register(resource('late')) }));
  await context.beforeCheckpoint();
  await context.afterRestore(context, continued);
  assert.deepEqual(log, ['before b', 'before late', 'before a', 'after a', 'after late', 'after b']);
});

test('a resource registered between the checkpoint and the restore is refused', async () => {
  const context = new Context({ name: 'main' });
  await context.beforeCheckpoint();
  assert.throws(() => context.register(nothing, { name: 'late' }), {
    code: 'ERR_CRAC_REGISTRATION_REFUSED',
    message: /^Cannot register late in context main: .* register it earlier or in afterRestore\.$/,
  });
});

test('a resource registered during the restore is told from the next checkpoint on', async () => {
  const { log, resource } = createRecorder();
  const context = new Context();
  const late = resource('late');
  context.register(resource('a', { afterRestore: (told) => void told.register(late) }));
  await context.beforeCheckpoint();
  await context.afterRestore(context, continued);
  assert.deepEqual(log, ['before a', 'after a']);
  await context.beforeCheckpoint();
  assert.deepEqual(log.slice(2), ['before late', 'before a']);
});

test('a resource that leaves before it was told hears nothing, one that leaves later hears the end', async () => {
  const { log, resource } = createRecorder();
  const context = new Context();
  const registrations: Registration[] = [];
  registrations.push(context.register(resource('a')));
  registrations.push(
    context.register(
      resource('b', {
        beforeCheckpoint() {
          for (const registration of registrations) registration.unregister();
        },
      }),
    ),
  );
  await context.beforeCheckpoint();
  await context.afterRestore(context, continued);
  assert.deepEqual(log, ['before b', 'after b']);
});

test('what is no resource, no name or no deadline is refused', () => {
  const context = new Context();
  const refused = { code: 'ERR_CRAC_INVALID_ARGUMENT' };
  for (const value of [undefined, null, 1, {}, { beforeCheckpoint() {} }]) {
    assert.throws(() => context.register(value as unknown as Resource), refused);
  }
  assert.throws(() => context.register(nothing, { timeout: 0 }), refused);
  assert.throws(() => context.register(nothing, { timeout: Number.NaN }), refused);
  assert.throws(() => context.register(nothing, { name: '' }), refused);
  assert.throws(() => new Context({ timeout: -1 }), refused);
  assert.throws(() => context.register(nothing, null as never), refused);
  assert.throws(() => context.register(nothing, 'name' as never), refused);
  assert.throws(() => new Context(null as never), refused);
  assert.equal(context.size, 0);
});

test('a context cannot be registered in itself, not even through another one', () => {
  const outer = new Context({ name: 'outer' });
  const inner = new Context({ name: 'inner' });
  outer.register(inner);
  const refused = { code: 'ERR_CRAC_REGISTRATION_REFUSED' };
  assert.throws(() => outer.register(outer), refused);
  assert.throws(() => inner.register(outer), refused);
});

test('a context that two others tell of the same checkpoint says so', async () => {
  const outer = new Context();
  const middle = new Context();
  const shared = new Context({ name: 'shared' });
  outer.register(middle);
  outer.register(shared);
  middle.register(shared);
  await assert.rejects(
    outer.beforeCheckpoint(),
    /Cannot notify context shared of a checkpoint: it takes part in one already/,
  );
});

test('a resource without a name is called after its class and the number of its registration', async () => {
  class Pool implements Resource {
    beforeCheckpoint(): void {
      throw new Error('busy');
    }
    afterRestore(): void {}
  }
  const context = new Context();
  context.register(nothing);
  context.register(new Pool());
  await assert.rejects(context.beforeCheckpoint(), /\[Pool #2\] Error: busy/);
});
