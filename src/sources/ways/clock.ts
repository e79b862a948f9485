import { uptime } from 'node:os';
import type { Listener, Readable } from '../descriptor.js';

/** The uptime of the machine is counted in hundredths of a second. */
const MILLISECONDS = 1000;

/** Looks from time to time how far the wall clock is from the uptime of the machine, which stands still while that is saved. */
export function watchClock(jump: number, interval: number, { hear }: Pick<Listener, 'hear'>): Readable {
  let known = distance();
  const timer = setInterval(() => {
    const now = distance();
    const isJump = Math.abs(now - known) >= jump;
    known = now;
    if (isJump) hear();
  }, interval).unref();
  return { fd: -1, close: () => clearInterval(timer) };
}

function distance(): number {
  return Date.now() - uptime() * MILLISECONDS;
}
