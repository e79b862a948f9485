import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { setFlag } from './v8-flags.js';

/** V8's heap, as far as an image depends on it. */
export interface Heap {
  /** Collects all garbage and gives free memory back to the kernel. */
  compact(): Promise<void>;
  /** Whether V8 may begin a collection of the whole heap in small steps beside the program. */
  setIncrementalMarking(on: boolean): void;
}

/** Full collections: the first runs finalizers, the last collects what those have let go. */
const COLLECTIONS = 3;

/** Makes the handle of this thread's heap; `trim` gives free memory back. */
export function createHeap(trim: () => void): Heap {
  let collect: (() => void) | undefined;
  return {
    async compact() {
      collect ??= findCollector();
      for (let round = 0; round < COLLECTIONS; round += 1) {
        keepingCode(collect);
        await nextTurn();
      }
      keepingCode(trim);
    },
    setIncrementalMarking: (on) => setFlag('incremental-marking', on),
  };
}

/** Each collection ages byte code and throws the old away: several in a row would take the warm-up out of the image. */
function keepingCode(collect: () => void): void {
  setFlag('flush-bytecode', false);
  setFlag('compact-on-every-full-gc', true);
  collect();
  setFlag('compact-on-every-full-gc', false);
  setFlag('flush-bytecode', true);
}

/** V8's `gc()`, which only a new context has after the flag was set. It is looked for once, because contexts take memory too. */
function findCollector(): () => void {
  const { gc } = globalThis as { gc?: () => void };
  if (gc !== undefined) return gc;
  setFlagsFromString('--expose-gc');
  const found: unknown = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  return typeof found === 'function' ? (found as () => void) : () => {};
}
