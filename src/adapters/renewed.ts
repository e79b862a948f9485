import type { Context } from '../core/context.js';
import { getGlobalContext } from '../core/global-context.js';

/**
 * A function that is made anew in each restored process, behind one that stays the same: for generators of ids that keep what makes them unique to
 * themselves, such as hyperid and ulid's `monotonicFactory`.
 *
 * @param make - Makes it, now and after each restore.
 * @param context - Context that tells of restores. @default the global context
 *
 * @example
 * ```js
 * import { renewed } from 'node-crac/adapters';
 *
 * const makeCounter = () => { let count = 0; return () => ++count; }; // hyperid
 * const nextId = renewed(() => makeCounter());
 * nextId();
 * ```
 */
export function renewed<Values extends unknown[], Result>(
  make: () => (...values: Values) => Result,
  context: Context = getGlobalContext(),
): (...values: Values) => Result {
  let current = make();
  const resource = {
    beforeCheckpoint() {},
    afterRestore(_context: unknown, { restored }: { readonly restored: boolean }) {
      if (restored) current = make();
    },
  };
  context.register(resource, { name: `renewed ${current.name || 'function'}` });
  return (...values) => current(...values);
}
