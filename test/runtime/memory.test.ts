import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Context } from 'node-crac';
import { createRuntime, RUNTIME_RESOURCES } from '#dist/runtime/runtime.js';
import { continued } from '../core/recorder.js';

test('garbage is collected, finalizers run and native memory is given back before an image', async () => {
  let trims = 0;
  const runtime = createRuntime({
    trim() {
      trims += 1;
    },
  });
  const finalized: string[] = [];
  const registry = new FinalizationRegistry((held: string) => finalized.push(held));
  (() => registry.register({ bytes: new Array(1e6).fill(0) }, 'garbage'))();
  await runtime.beforeCheckpoint();
  assert.deepEqual(finalized, ['garbage']);
  assert.equal(trims, 1);
  await runtime.afterRestore(undefined, continued);
});

test('the resources of Node have names and memory is the last of them', () => {
  assert.deepEqual(
    RUNTIME_RESOURCES.map(({ name }) => name),
    ['identity', 'memory'],
  );
});

test('a resource that is added to those of Node is told before them', async () => {
  const told: string[] = [];
  const runtime = createRuntime({ trim: () => void told.push('memory') });
  runtime.register({ beforeCheckpoint: () => void told.push('added'), afterRestore() {} });
  assert.ok(runtime instanceof Context);
  await runtime.beforeCheckpoint();
  assert.deepEqual(told, ['added', 'memory']);
});
