import { setTimeout as later } from 'node:timers/promises';
import { createDateCache } from './date-cache.js';
import type { WorkerRepair } from './in-worker.js';
import type { Repair } from './repair.js';
import type { RuntimeServices } from './runtime.js';

/** Milliseconds after which the cache is empty in any case. */
const EXPIRY = 1050;

/**
 * The `Date` header: `http` keeps its text for the rest of a second of monotonic time, which in a restored process may be long over, or go on
 * from where it stopped.
 */
export function createHttp({ dateCache }: Pick<RuntimeServices, 'dateCache'>): Repair {
  return {
    async beforeCheckpoint() {
      if (!dateCache.find()) await later(EXPIRY);
    },
    afterRestore(_context, { restored }) {
      if (restored) dateCache.empty();
    },
    problem: () => (dateCache.find() ? undefined : PROBLEM),
  };
}

/** The same in a worker thread, which has a cache of its own. */
export function createHttpInWorker(): WorkerRepair {
  const dateCache = createDateCache();
  return {
    beforeCheckpoint() {
      dateCache.find();
    },
    afterRestore({ info }) {
      if (info.restored) dateCache.empty();
    },
  };
}

const PROBLEM =
  'the function that empties the cached Date header was not found: checkpoints wait for a second until it is empty, and answers that are given meanwhile fill it again.';
