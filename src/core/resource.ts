import type { Context } from './context.js';
import type { RestoreInfo } from './restore-info.js';

/** Passed along with every notification. */
export interface Notice {
  /** Aborted when the resource has missed its deadline: whatever it does from then on is ignored. */
  readonly signal: AbortSignal;
}

/**
 * Something that cannot travel in an image as it is, or that must change when several processes are restored from one image:
 * a connection, a pool, a log file, a cache of random numbers, a lock.
 *
 * Register it with {@link Context.register}. Both methods may be synchronous or asynchronous, a returned promise is awaited, and
 * both may throw: a failure never keeps other resources from being told.
 */
export interface Resource {
  /**
   * Called before a checkpoint: close what cannot travel. If it throws there will be no image.
   *
   * @param context - The context that tells it.
   * @param notice - Its deadline.
   */
  beforeCheckpoint(context: Context, notice: Notice): void | Promise<void>;

  /**
   * Called after the restore, and also when the checkpoint failed or the process keeps running, for every resource whose
   * `beforeCheckpoint` was called, even if that one threw: open again what was closed.
   *
   * @param context - The context that tells it.
   * @param info - What happened, and what the restore brought along.
   * @param notice - Its deadline.
   */
  afterRestore(context: Context, info: RestoreInfo, notice: Notice): void | Promise<void>;
}
