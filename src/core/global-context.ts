import { Context, whenJoined } from './context.js';
import { processWide } from './process-wide.js';

/**
 * The context that every checkpoint of this process tells, whichever copy of the package asks for it. It holds its resources for
 * the life of the process, or until they are unregistered.
 *
 * Each worker thread has one of its own. In workers that were started with the preload it takes part: its resources are told after those of
 * the main thread, and of a restore at the same time. What fails in it is a failure of the checkpoint that the main thread has asked for.
 *
 * @example
 * ```js
 * import { getGlobalContext } from 'node-crac';
 *
 * getGlobalContext().timeout = 10_000;
 * ```
 */
export function getGlobalContext(): Context {
  return processWide('context', () => {
    const context = new Context({ name: 'global' });
    whenJoined(
      context,
      processWide('joined', () => () => {}),
    );
    return context;
  });
}
