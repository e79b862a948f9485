import { runInNewContext } from 'node:vm';
import type { MathRandomServices } from './math-random.js';
import { type Random, useUp } from './random.js';

/** What new beginnings need of the agent. */
export interface RenewalServices extends MathRandomServices {
  readonly random: Random;
  /** Finds generators and pools while all threads are stopped, and renews them. */
  renew(): void;
}

/**
 * Gives all random numbers of this process new beginnings, on all threads: OpenSSL's, `Math.random()` of all contexts, pools of random bytes. It may
 * be one of several processes that go on from the same memory. What `off` names is left alone.
 */
export function renewRandomness(
  { random, learnGenerators, renew }: RenewalServices,
  off: ReadonlySet<string>,
): void {
  const isOurs = random.install() === 'ours';
  if (!off.has('math-random')) learnGenerators(() => runInNewContext('Math.random') as () => number);
  renew();
  if (off.has('randomness')) return;
  if (!isOurs) random.reseed();
  if (!off.has('pools')) useUp();
}
