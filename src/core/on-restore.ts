import { cracError } from '../errors.js';
import { processWide } from './process-wide.js';
import { createRegistration, type Registration } from './registration.js';
import type { RestoreInfo } from './restore-info.js';

/** What a restored process is to do: gets its arguments, which are `process.argv.slice(2)`, and what else the restore brought along. */
export type Main = (args: readonly string[], info: RestoreInfo) => void | Promise<void>;

/** The functions that begin when the process has been restored. */
export interface Mains {
  readonly size: number;
  add(main: Main): Registration;
  /** Calls them in the order of their registration; none is waited for. */
  begin(info: RestoreInfo): void;
}

/** Makes an empty list. */
export function createMains(): Mains {
  const mains = new Map<symbol, Main>();
  return {
    get size() {
      return mains.size;
    },
    add(main) {
      const key = Symbol('main');
      mains.set(key, main);
      return createRegistration(() => mains.delete(key));
    },
    begin(info) {
      const args = process.argv.slice(2);
      for (const main of [...mains.values()]) void run(main, args, info);
    },
  };
}

/** The list of this process. */
export function getMains(): Mains {
  return processWide('mains', createMains);
}

/**
 * Registers a function that begins in every restored process when all resources have come back: a new `main` with the arguments of the
 * restore, or with the old ones when it was given none. In the process that was checkpointed it is not called, nor in a restored one in which
 * some resource failed.
 *
 * It is called before `checkpointRestore()` returns, which does not wait for its end. Whatever it throws, or rejects with, becomes an uncaught
 * exception, as an error of the program's own main module does: without a listener the process ends with status 1. It may be registered at
 * any time, and stays for all restores to come. Several functions are called in the order of their registration.
 *
 * @throws {CracException} `ERR_CRAC_INVALID_ARGUMENT`
 *
 * @example
 * ```js
 * import { onRestore } from 'node-crac';
 *
 * onRestore(async ([port = '3000'], { generation }) => {
 *   console.log(`restore ${generation} listens on ${port}`);
 *   server.listen(port);
 * });
 * ```
 */
export function onRestore(main: Main): Registration {
  if (typeof main !== 'function') {
    throw cracError('ERR_CRAC_INVALID_ARGUMENT', {
      argument: 'main',
      expected: 'a function',
      received: typeof main,
    });
  }
  return getMains().add(main);
}

/** Thrown from a task of its own, an error is nobody's but the process's. */
async function run(main: Main, args: readonly string[], info: RestoreInfo): Promise<void> {
  try {
    await main(args, info);
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
  }
}
