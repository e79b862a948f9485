import type { Repair } from './repair.js';
import type { RuntimeServices } from './runtime.js';

/** Milliseconds after a restore in which V8 begins no collection by itself, and makes no function faster unless the program computes for long. */
const QUIET_TIME = 1000;

/**
 * What fills an image: garbage on the heap, and native memory that was freed but not given back.
 *
 * A heap that has just been collected needs no collection, but after a restore V8's clocks say that one is overdue. It would read the whole
 * image from disk while the program answers its first requests, so it has to wait. A heap that is full is collected all the same.
 *
 * V8's other threads would compile what was hot in the program while it answers first. A thread that runs beside the first makes each of its
 * page faults dearer, since the other processor has to hear of it, and a restored process has hundreds of them.
 *
 * The memory of the machine may be too small for what the heap was laid out for. Nobody looks at that before the quiet time is over.
 *
 * The timer for that is part of the image, since setting one takes a tenth of a restore. It may be due in the first turn of the event loop
 * and is then set anew.
 */
export function createMemory({
  heap,
  compilers,
  limits,
}: Pick<RuntimeServices, 'heap' | 'compilers' | 'limits'>): Repair {
  let timer: NodeJS.Timeout | undefined;
  let isRestored = false;
  const wait = (then: () => void): void => {
    timer = setTimeout(then, QUIET_TIME).unref();
  };
  const look = (): void => wait(isRestored ? awaken : look);
  const endQuiet = (): void => {
    heap.setIncrementalMarking(true);
    compilers.release();
  };
  const awaken = (): void => {
    endQuiet();
    limits.check();
  };
  return {
    async beforeCheckpoint() {
      clearTimeout(timer);
      isRestored = false;
      compilers.release();
      compilers.limit(); // changes nothing, but is compiled now
      heap.setIncrementalMarking(false);
      limits.learn();
      await heap.compact();
      look();
    },
    afterRestore(_context, { restored }) {
      isRestored = restored;
      if (restored) return compilers.limit();
      clearTimeout(timer);
      endQuiet();
    },
  };
}
