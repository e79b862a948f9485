import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Context } from 'node-crac';
import { joinRuntime, openRuntime } from '#dist/core/runtime-context.js';
import { continued, createRecorder } from './recorder.js';

test('resources that join before the context is made, or later, are told before those in it', async () => {
  const { log, resource } = createRecorder();
  joinRuntime('early', resource('early'));
  const create = (): Context => {
    const context = new Context({ name: 'runtime' });
    context.register(resource('own'));
    return context;
  };
  const runtime = openRuntime(create);
  joinRuntime('late', resource('late'));
  assert.equal(openRuntime(create), runtime);
  await runtime.beforeCheckpoint();
  assert.deepEqual(log, ['before late', 'before early', 'before own']);
  assert.throws(() => joinRuntime('too late', resource('too late')), {
    code: 'ERR_CRAC_REGISTRATION_REFUSED',
  });
  await runtime.afterRestore(undefined, continued);
});
