import type { Context } from './core/context.js';
import { getGlobalContext } from './core/global-context.js';
import type { RestoreInfo } from './core/restore-info.js';
import type { CheckpointOptions } from './management.js';

/** The familiar facade over both faces of the package. */
export interface CoreFacade {
  /** The same as `getGlobalContext()`. */
  getGlobalContext(): Context;
  /**
   * The same as `checkpointRestore()` of `node-crac/management`, which is loaded by the first call.
   *
   * @throws {CheckpointException} when there is no image
   * @throws {RestoreException} when the process was restored and some resource failed
   */
  checkpointRestore(options?: CheckpointOptions): Promise<RestoreInfo>;
}

/**
 * The familiar facade over both faces of the package. Libraries need only `getGlobalContext()`; whoever asks for a checkpoint may as well
 * import `node-crac/management`.
 *
 * @example
 * ```js
 * import { Core } from 'node-crac';
 *
 * Core.getGlobalContext().register({
 *   beforeCheckpoint() {},
 *   afterRestore(context, info) {
 *     if (info.restored) console.log(`restored from ${info.directory}`);
 *   },
 * });
 * ```
 */
export const Core: CoreFacade = {
  getGlobalContext,
  async checkpointRestore(options?: CheckpointOptions): Promise<RestoreInfo> {
    const { checkpointRestore } = await import('./management.js');
    return checkpointRestore(options);
  },
};
