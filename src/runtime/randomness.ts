import { loadCrypto, type RandomState, useUp } from './random.js';
import type { Repair } from './repair.js';
import type { RuntimeServices } from './runtime.js';

const SEEDED_LATE =
  'OpenSSL is asked to seed its own anew after a restore, when other threads run already, so what these draw first may repeat.';

/** Why another generator than ours is asked, and what happens instead. */
const OBSTACLES: Readonly<Partial<Record<RandomState, string>>> = {
  fips: `OpenSSL is in FIPS mode, whose module keeps generators that cannot be reached; ${SEEDED_LATE}`,
  foreign:
    'another random number generator was installed in OpenSSL (by an engine or an addon) and is left alone; it is given fresh entropy after a restore, when other threads run already, so what these draw first may repeat, and everything does if it takes none.',
  missing: `this OpenSSL does not let its random number generator be replaced; ${SEEDED_LATE}`,
};

/**
 * Everything that is drawn from OpenSSL: `node:crypto`, web crypto, keys, TLS, on every thread. The agent's generator is asked instead of
 * OpenSSL's and knows by itself when the process has been restored, so that nothing is left to be done here.
 */
export function createRandomness({ random }: Pick<RuntimeServices, 'random'>): Repair {
  let isOurs = false;
  return {
    beforeCheckpoint() {
      isOurs = random.install() === 'ours';
    },
    afterRestore(_context, { restored }) {
      if (!restored || isOurs) return;
      random.reseed();
      useUp();
    },
    problem() {
      return OBSTACLES[random.install()];
    },
    sample() {
      const { randomBytes, generateKeySync } = loadCrypto();
      return {
        'crypto.randomBytes': randomBytes(16).toString('hex'),
        'crypto.generateKeySync': generateKeySync('hmac', { length: 128 }).export().toString('hex'),
      };
    },
  };
}
