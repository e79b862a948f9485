import { loadCrypto, type RandomState, useUp } from './random.js';
import type { Repair } from './repair.js';
import type { RuntimeServices } from './runtime.js';

/** Why another generator than ours is asked. In these states OpenSSL's own is seeded anew after a restore. */
const OBSTACLES: Readonly<Partial<Record<RandomState, string>>> = {
  fips: 'OpenSSL is in FIPS mode, whose module keeps generators that cannot be reached',
  foreign:
    'another random number generator was installed in OpenSSL (by an engine or an addon), which is left alone',
  missing: 'this OpenSSL does not let its random number generator be replaced',
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
      const obstacle = OBSTACLES[random.install()];
      if (obstacle === undefined) return undefined;
      return `${obstacle}; OpenSSL is asked to seed its own anew after a restore, when other threads run already, so what these draw first may repeat.`;
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
