import type { Repair } from './repair.js';

/** The watchers of the main thread's event loop. */
export interface Watchers {
  /** Stops them; returns how many there are. */
  stop(): number;
  /** Starts them again, where they still exist; returns those whose file can't be watched. */
  start(): readonly { readonly path: string; readonly reason: string }[];
}

/** Stands for an event loop without watchers. */
export const NO_WATCHERS: Watchers = { stop: () => 0, start: () => [] };

/**
 * What `fs.watch()` and all that is built on it watch: the kernel's watches don't travel, so they are removed before a checkpoint and made anew, by
 * path, in the process that goes on. The `FSWatcher`s stay the same. Nobody tells of changes in between.
 */
export function createWatchers({
  watchers,
  warn,
}: {
  readonly watchers: Watchers;
  warn(sentence: string): void;
}): Repair {
  let count = 0;
  return {
    /** Starting them first changes nothing and has V8 compile what follows a restore. */
    beforeCheckpoint() {
      watchers.start();
      count = watchers.stop();
    },
    afterRestore() {
      if (count === 0) return;
      for (const { path, reason } of watchers.start()) warn(`${path} is no longer watched: ${reason}.`);
    },
  };
}
