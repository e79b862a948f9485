/**
 * The names that AWS Lambda's SnapStart has for the two notifications in other languages, for those who come from there. The order is the same:
 * before a snapshot the last registered comes first, after a restore the first.
 */
import { checkFunction } from '../core/arguments.js';
import { getGlobalContext } from '../core/global-context.js';
import type { Registration } from '../core/registration.js';

/** A function that is told, with the arguments that it was registered with. */
export type SnapshotHook<Args extends readonly unknown[]> = (...args: Args) => unknown;

/**
 * Has a function called before each snapshot or image. What it throws stops the snapshot.
 *
 * @example
 * ```js
 * import { registerBeforeSnapshot } from 'node-crac/sources';
 *
 * registerBeforeSnapshot(async (name) => console.log(`${name} closes its connections`), 'pool');
 * ```
 */
export function registerBeforeSnapshot<Args extends readonly unknown[]>(
  hook: SnapshotHook<Args>,
  ...args: Args
): Registration {
  return getGlobalContext().register(
    {
      beforeCheckpoint: async () => void (await hook(...args)),
      afterRestore() {},
    },
    { name: nameOf(hook) },
  );
}

/**
 * Has a function called in each restored process, and not in one whose snapshot was not taken.
 *
 * @example
 * ```js
 * import { registerAfterRestore } from 'node-crac/sources';
 *
 * registerAfterRestore(async () => console.log('connects again'));
 * ```
 */
export function registerAfterRestore<Args extends readonly unknown[]>(
  hook: SnapshotHook<Args>,
  ...args: Args
): Registration {
  return getGlobalContext().register(
    {
      beforeCheckpoint() {},
      afterRestore: async (_context, { restored }) => {
        if (restored) await hook(...args);
      },
    },
    { name: nameOf(hook) },
  );
}

function nameOf(hook: { readonly name: string }): string {
  checkFunction('hook', hook);
  return hook.name === '' ? 'snapshot hook' : hook.name;
}
