import { createRequire } from 'node:module';

/** Which generator OpenSSL asks: `ours`, or why it is not ours. */
export type RandomState = 'off' | 'ours' | 'fips' | 'foreign' | 'missing';

/** What the repairs of random values need of the agent, which does the work itself. */
export interface Random {
  /** Puts the agent's generator before OpenSSL's unless that was done at start; tells which one OpenSSL asks. Never throws. */
  install(): RandomState;
  /** Whether it was put there so late that pools may have been filled without it. */
  isLate(): boolean;
  /** Has OpenSSL seed its own generator anew. */
  reseed(): void;
  /** Sizes of the pools that the agent has filled anew after the restore. */
  refilled(): readonly number[];
}

/** Values that `crypto.randomUUID` and `crypto.randomInt` take from one filling of their pools. */
const UUIDS = 128;
const INTEGERS = 1024;

/** Node's module that keeps these pools; until it is loaded there are none. */
const MODULE = 'NativeModule internal/crypto/random';

/** Uses up Node's own pools in this thread, so that they are filled again. */
export function useUp(): void {
  const { moduleLoadList } = process as unknown as { moduleLoadList: readonly string[] };
  if (!moduleLoadList.includes(MODULE)) return;
  const { randomUUID, randomInt } = loadCrypto();
  for (let left = UUIDS; left > 0; left -= 1) randomUUID();
  for (let left = INTEGERS; left > 0; left -= 1) randomInt(2);
}

/** The file of uuid 7 and 8 that keeps a pool of 256 bytes, which are 16 times 16. */
const UUID_RNG = /[\\/]uuid[\\/]dist[\\/]rng\.js$/;
const UUID_VALUES = 16;

/**
 * Uses up pools that are too small to be told from keys by their size: when they are filled again while they hold what they held, they are
 * known to be pools.
 */
export function useUpSmall(): void {
  const { cache } = createRequire(import.meta.url);
  for (const [path, loaded] of Object.entries(cache)) {
    const draw: unknown = UUID_RNG.test(path) ? loaded?.exports?.default : undefined;
    for (let left = UUID_VALUES; typeof draw === 'function' && left > 0; left -= 1) draw();
  }
}

/** `node:crypto`, which takes milliseconds to load and which many programs never need. */
export function loadCrypto(): typeof import('node:crypto') {
  return createRequire(import.meta.url)('node:crypto');
}

/** Stands in for the agent when a restore is rehearsed: changes nothing. */
export function createRandomRehearsal(): Random {
  return { install: () => 'ours', isLate: () => false, reseed() {}, refilled: () => [] };
}
