import type { RestoreInfo } from '../core/restore-info.js';
import { loadCrypto, useUp, useUpSmall } from './random.js';
import type { Repair } from './repair.js';
import type { RuntimeServices } from './runtime.js';

/**
 * Buffers of random bytes from which values are taken piece by piece: those of Node (`randomUUID`, `randomInt`) and of libraries. The agent
 * sees them being filled and fills them anew before the first thread of the restored process runs.
 */
export function createPools({ random, changes }: Pick<RuntimeServices, 'random' | 'changes'>): Repair {
  let isKnown = false;
  return {
    beforeCheckpoint() {
      random.install();
      if (random.isLate() && !isKnown) useUp();
      isKnown = true;
      useUpSmall();
    },
    afterRestore(_context, info) {
      if (info.restored && (changes()?.isDebugging ?? isDebugging(info))) describe(random.refilled());
    },
    sample() {
      const { randomInt, randomUUID } = loadCrypto();
      return { 'crypto.randomUUID': randomUUID(), 'crypto.randomInt': String(randomInt(2 ** 47)) };
    },
  };
}

/** The restorer's environment is not that of the process yet. */
function isDebugging({ env }: RestoreInfo): boolean {
  return (env ?? process.env)['CRAC_LOG'] === 'debug';
}

function describe(sizes: readonly number[]): void {
  for (const size of sizes) process.stderr.write(`crac: filled a pool of ${size} random bytes anew\n`);
}
