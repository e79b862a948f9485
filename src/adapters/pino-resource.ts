import type { Resource } from '../core/resource.js';

/** A logger of pino, as far as it is used here. */
export interface PinoLogger {
  setBindings(bindings: Record<string, unknown>): void;
}

/**
 * What a logger of pino writes into every line was put together when it was made: `pid` and `hostname` are those of the process that was
 * checkpointed. After a restore they are added to each line once more, with the new values: the later of two equal names counts in JSON. Child loggers
 * that existed before are resources of their own.
 *
 * @param bindings - What to add. @default `pid` and `hostname`
 *
 * @example
 * ```js
 * import { getGlobalContext } from 'node-crac';
 * import { pinoResource } from 'node-crac/adapters';
 *
 * const logger = { setBindings() {} }; // pino()
 * getGlobalContext().register(pinoResource(logger));
 * ```
 */
export function pinoResource(
  logger: PinoLogger,
  bindings: () => Record<string, unknown> = identity,
): Resource {
  return {
    beforeCheckpoint() {},
    afterRestore(_context, { restored }) {
      if (restored) logger.setBindings(bindings());
    },
  };
}

function identity(): Record<string, unknown> {
  return { pid: process.pid, hostname: process.getBuiltinModule('node:os').hostname() };
}
