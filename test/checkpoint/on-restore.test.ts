import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { onRestore, type RestoreInfo } from 'node-crac';
import { createFake, restoreData, running } from './fake.js';

test('a new main begins when all resources are back, before the caller goes on', async () => {
  const { manager, mains, context, log } = createFake();
  context.register({ beforeCheckpoint() {}, afterRestore: () => void log.push('resource') });
  let told: RestoreInfo | undefined;
  mains.add((args, info) => {
    log.push(`main ${args}`);
    told = info;
  });
  mains.add(async () => void log.push('second'));
  const info = await manager.checkpoint();
  assert.deepEqual(log, ['engine', 'resource', `main ${process.argv.slice(2)}`, 'second']);
  assert.equal(told, info);
  assert.deepEqual(info.args, restoreData.args);
});

test('it begins after every restore until it is unregistered, also by resume()', async () => {
  const { manager, mains } = createFake();
  const generations: number[] = [];
  const registration = mains.add((_args, { generation }) => void generations.push(generation));
  const first = await manager.checkpoint();
  await manager.checkpoint();
  await manager.prepare();
  await manager.resume({});
  registration.unregister();
  await manager.checkpoint();
  assert.deepEqual(
    generations,
    [0, 1, 2].map((later) => first.generation + later),
  );
});

test('it does not begin in a process that goes on itself, nor where a resource failed', async () => {
  const going = createFake({ outcome: running(Promise.resolve()) });
  going.mains.add(() => assert.fail('begun'));
  await going.manager.checkpoint({ keepRunning: true });
  await going.manager.prepare();
  await going.manager.resume();
  const failing = createFake();
  failing.mains.add(() => assert.fail('begun'));
  failing.context.register({
    beforeCheckpoint() {},
    afterRestore() {
      throw new TypeError('not back');
    },
  });
  await assert.rejects(failing.manager.checkpoint(), { code: 'ERR_CRAC_RESTORE_FAILED' });
});

for (const [how, main] of [
  ['throws', () => assert.fail('on purpose')],
  ['rejects with', async () => assert.fail('on purpose')],
] as const) {
  test(`what it ${how} is an uncaught exception and fails nobody else`, async (t) => {
    const { manager, mains } = createFake();
    mains.add(main);
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    t.after(() => {
      for (const listener of others) process.on('uncaughtException', listener);
    });
    const caught = once(process, 'uncaughtException');
    await manager.checkpoint();
    assert.equal(((await caught) as [Error])[0].message, 'on purpose');
  });
}

test('only a function can be registered', () => {
  assert.throws(() => onRestore('main' as never), { code: 'ERR_CRAC_INVALID_ARGUMENT' });
});
