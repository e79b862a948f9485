import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { setFlag } from './v8-flags.js';

/** V8's heap, as far as an image depends on it. */
export interface Heap {
  /** Collects all garbage, puts what lives next to each other and gives free memory back to the kernel. */
  compact(): Promise<void>;
  /** Collects what was allocated since, so that a restored process begins with a young generation that is all but empty. */
  tidy(): void;
  /** Whether V8 may begin a collection of the whole heap in small steps beside the program. */
  setIncrementalMarking(on: boolean): void;
}

/** V8's `gc()`. */
type Collector = (options?: { readonly type: 'minor' }) => void;

/** Full collections: the first runs finalizers, the last collects what those have let go. */
const COLLECTIONS = 3;

/** What a heap needs of the agent. */
export interface HeapServices {
  /** Collects garbage and gives free memory back. */
  trim(): void;
  /** From here on, until it is called with `false`, new pages of the heap come to lie next to each other. */
  gather(on: boolean): void;
}

/** Makes the handle of this thread's heap. */
export function createHeap({ trim, gather }: HeapServices): Heap {
  let collect: Collector | undefined;
  return {
    async compact() {
      collect ??= findCollector();
      gather(true);
      try {
        for (let round = 0; round < COLLECTIONS; round += 1) {
          keepingCode(collect);
          await nextTurn();
        }
        keepingCode(trim);
      } finally {
        gather(false);
      }
    },
    tidy: () => collect?.({ type: 'minor' }),
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
function findCollector(): Collector {
  const { gc } = globalThis as { gc?: Collector };
  if (gc !== undefined) return gc;
  setFlagsFromString('--expose-gc');
  const found: unknown = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  return typeof found === 'function' ? (found as Collector) : () => {};
}
