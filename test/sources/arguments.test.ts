import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getGlobalContext } from 'node-crac';
import {
  createSnapshotHooks,
  registerAfterRestore,
  registerBeforeSnapshot,
  serveSnapshotHooks,
  watchSnapshotFile,
  watchVmGeneration,
} from 'node-crac/sources';

test('a source that could never hear of a snapshot is refused', async () => {
  const refused = { code: 'ERR_CRAC_INVALID_ARGUMENT' };
  const wrong: readonly (() => unknown)[] = [
    () => watchSnapshotFile(undefined as never),
    () => watchSnapshotFile(''),
    () => watchSnapshotFile('/tmp/x', null as never),
    () => watchSnapshotFile('/tmp/x', { interval: -1 }),
    () => watchVmGeneration(null as never),
    () => watchVmGeneration({ ways: 'uevent' as never }),
    () => watchVmGeneration({ ways: ['uevents' as never] }),
    () => createSnapshotHooks(null as never),
    () => registerBeforeSnapshot(undefined as never),
    () => registerAfterRestore(5 as never),
  ];
  for (const call of wrong) assert.throws(call, refused, String(call));
  await assert.rejects(serveSnapshotHooks(null as never), refused);
  assert.equal(getGlobalContext().size, 0);
});
