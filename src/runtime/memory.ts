import type { Repair } from './repair.js';
import type { RuntimeServices } from './runtime.js';

/** Milliseconds after a restore in which V8 begins no collection by itself. */
const QUIET_TIME = 1000;

/**
 * What fills an image: garbage on the heap, and native memory that was freed but not given back.
 *
 * A heap that has just been collected needs no collection, but after a restore V8's clocks say that one is overdue. It would read the whole
 * image from disk while the program answers its first requests, so it has to wait. A heap that is full is collected all the same.
 */
export function createMemory({ heap }: Pick<RuntimeServices, 'heap'>): Repair {
  let quiet: NodeJS.Timeout | undefined;
  const endQuiet = (): void => heap.setIncrementalMarking(true);
  return {
    async beforeCheckpoint() {
      clearTimeout(quiet);
      heap.setIncrementalMarking(false);
      await heap.compact();
    },
    afterRestore(_context, { restored }) {
      clearTimeout(quiet);
      if (restored) quiet = setTimeout(endQuiet, QUIET_TIME).unref();
      else endQuiet();
    },
  };
}
