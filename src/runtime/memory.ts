import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Resource } from '../core/resource.js';
import type { RuntimeServices } from './runtime.js';

/** Full collections before an image: the first runs finalizers, the last collects what those have let go. */
const COLLECTIONS = 3;

/**
 * V8 flags during the collections, with their defaults. Each collection ages byte code and throws the old away: without the first
 * pair, several in a row would take the warm-up out of the image.
 */
const COLLECTION_FLAGS = [
  { set: '--no-flush-bytecode', reset: '--flush-bytecode' },
  { set: '--compact-on-every-full-gc', reset: '--no-compact-on-every-full-gc' },
] as const;

/** What fills an image: garbage on the heap, and native memory that was freed but not given back. */
export function createMemory({ trim }: RuntimeServices): Resource {
  const collect = createCollector();
  return {
    async beforeCheckpoint() {
      for (let round = 0; round < COLLECTIONS; round += 1) {
        compactHeap(collect);
        await nextTurn();
      }
      trim();
    },
    afterRestore() {},
  };
}

function compactHeap(collect: () => void): void {
  const flags = COLLECTION_FLAGS.filter(({ set }) => !process.execArgv.includes(set));
  for (const { set } of flags) setFlagsFromString(set);
  collect();
  for (const { reset } of flags) setFlagsFromString(reset);
}

/** V8's `gc()`, which only a new context has after the flag was set. It is looked for once, because contexts take memory too. */
function createCollector(): () => void {
  let collector: (() => void) | undefined;
  return () => {
    collector ??= findCollector();
    collector();
  };
}

function findCollector(): () => void {
  const { gc } = globalThis as { gc?: () => void };
  if (gc !== undefined) return gc;
  setFlagsFromString('--expose-gc');
  const found: unknown = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  return typeof found === 'function' ? (found as () => void) : () => {};
}
