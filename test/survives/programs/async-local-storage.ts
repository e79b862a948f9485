/** The store of each asynchronous flow is the same after the restore. */
import assert from 'node:assert/strict';
import { AsyncLocalStorage, AsyncResource, createHook, executionAsyncId } from 'node:async_hooks';
import { checkpoint, pass, sleep } from '../../support/program.js';

const storage = new AsyncLocalStorage<string>();
const created = new Set<number>();
const hook = createHook({ init: (id) => created.add(id) }).enable();
const resource = storage.run('resource', () => new AsyncResource('test'));
const flows = ['a', 'b', 'c'].map((name) =>
  storage.run(name, async () => {
    await sleep(30);
    await released;
    return storage.getStore();
  }),
);
let release: () => void = () => undefined;
const released = new Promise<void>((resolve) => {
  release = resolve;
});

await storage.run('main', async () => {
  await checkpoint();
  assert.equal(storage.getStore(), 'main');
});

assert.equal(storage.getStore(), undefined);
release();
assert.deepEqual(await Promise.all(flows), ['a', 'b', 'c']);
resource.runInAsyncScope(() => assert.equal(storage.getStore(), 'resource'));
const before = created.size;
await sleep(1);
assert.ok(created.size > before);
assert.ok(executionAsyncId() >= 0);
hook.disable();
pass();
