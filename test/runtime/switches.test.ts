import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CracException } from 'node-crac';
import { createRuntime, RUNTIME_RESOURCES, readSwitches } from '#dist/runtime/runtime.js';
import type { RepairReport } from '#dist/runtime/self-test.js';
import { continued } from '../core/recorder.js';
import { ALL, services } from './services.js';

const names = RUNTIME_RESOURCES.map(({ name }) => name);

test('names behind a minus are switched off', () => {
  assert.deepEqual(readSwitches(' -identity , -memory'), {
    off: new Set(['identity', 'memory']),
    unknown: [],
  });
  assert.deepEqual(readSwitches(undefined), ALL);
  assert.deepEqual(readSwitches(''), ALL);
});

test('what is switched off is not told', async () => {
  const log: string[] = [];
  const heap = { compact: async () => void log.push('compact'), tidy() {}, setIncrementalMarking() {} };
  const runtime = createRuntime(services({ heap }), readSwitches('-memory'));
  await runtime.beforeCheckpoint();
  await runtime.afterRestore(undefined, continued);
  assert.deepEqual(log, []);
});

for (const word of ['identity', '-nonsense', '+memory', '-Memory']) {
  test(`a checkpoint fails that was told "${word}"`, async () => {
    const runtime = createRuntime(services(), readSwitches(`-memory,${word}`));
    await assert.rejects(runtime.beforeCheckpoint(), (error: { errors: CracException[] }) => {
      assert.equal(error.errors.length, 1);
      assert.equal(error.errors[0]?.code, 'ERR_CRAC_INVALID_ARGUMENT');
      assert.match(
        error.errors[0]?.message ?? '',
        new RegExp(`CRAC_RUNTIME .*"${word.replace('+', '\\+')}"`),
      );
      return true;
    });
    await runtime.afterRestore(undefined, continued);
  });
}

test('a process that was restored for a self-test reports on every resource, also on those that are off', async () => {
  const reported: (readonly RepairReport[])[] = [];
  const runtime = createRuntime(
    services({ report: (reports) => void reported.push(reports) }),
    readSwitches('-memory'),
  );
  const restored = { ...continued, restored: true, cwd: process.cwd() };
  await runtime.beforeCheckpoint();
  await runtime.afterRestore(undefined, { ...restored, env: { ...process.env } as Record<string, string> });
  assert.equal(reported.length, 0);
  await runtime.beforeCheckpoint();
  await runtime.afterRestore(undefined, {
    ...restored,
    env: { ...process.env, CRAC_SELF_TEST: '1' } as Record<string, string>,
  });
  delete process.env['CRAC_SELF_TEST'];
  assert.deepEqual(
    reported[0]?.map(({ name, off }) => [name, off]),
    names.map((name) => [name, name === 'memory']),
  );
});
