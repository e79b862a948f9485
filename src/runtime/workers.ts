import type { Repair } from './repair.js';
import type { RuntimeServices } from './runtime.js';

/**
 * Worker threads, which have a `process` of their own: they are told here, and set right what is theirs (the entries of
 * `RUNTIME_RESOURCES` with `inWorker`) by themselves.
 */
export function createWorkers({ workers }: Pick<RuntimeServices, 'workers'>): Repair {
  return {
    beforeCheckpoint() {
      workers.prepare();
    },
    afterRestore(_context, info) {
      if (info.restored && workers.releaseNobody()) return;
      workers.release({ info, pid: process.pid, ...(info.env && { env: { ...process.env } }) });
    },
  };
}
