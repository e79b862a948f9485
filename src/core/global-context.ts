import { Context } from './context.js';
import { processWide } from './process-wide.js';

/**
 * The context that every checkpoint of this process tells, whichever copy of the package asks for it. It holds its resources for
 * the life of the process, or until they are unregistered.
 *
 * Each worker thread has one of its own, which a checkpoint does not tell.
 *
 * @example
 * ```js
 * import { getGlobalContext } from 'node-crac';
 *
 * getGlobalContext().timeout = 10_000;
 * ```
 */
export function getGlobalContext(): Context {
  return processWide('context', () => new Context({ name: 'global' }));
}
