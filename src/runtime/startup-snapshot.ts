import { Failures } from '../core/failures.js';
import { type SnapshotHook, snapshotHooks } from '../core/startup-snapshot.js';
import type { WorkerRepair } from './in-worker.js';
import type { Repair } from './repair.js';
import type { RuntimeServices } from './runtime.js';

/**
 * Calls what libraries have registered with `v8.startupSnapshot`, in their order. Unlike in a snapshot of Node, all of it stays registered: an
 * image is restored more than once, and a restored process is checkpointed again.
 */
export function createStartupSnapshot({
  snapshotHooks: hooks,
}: Pick<RuntimeServices, 'snapshotHooks'>): Repair {
  return {
    beforeCheckpoint() {
      callAll(hooks().beforeImage).throwCheckpointException();
    },
    afterRestore(_context, { restored }) {
      if (restored) callAll(hooks().afterRestore).throwRestoreException();
    },
  };
}

/** The same in a worker thread, whose libraries have registered there. */
export function createStartupSnapshotInWorker(): WorkerRepair {
  return {
    beforeCheckpoint() {
      callAll(snapshotHooks().beforeImage).throwCheckpointException();
    },
    afterRestore({ info }) {
      if (info.restored) callAll(snapshotHooks().afterRestore).throwRestoreException();
    },
  };
}

function callAll(hooks: readonly SnapshotHook[]): Failures {
  const failures = new Failures();
  for (const [callback, data] of [...hooks]) {
    try {
      callback(data);
    } catch (error) {
      failures.add(error);
    }
  }
  return failures;
}
