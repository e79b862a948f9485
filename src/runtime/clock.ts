import type { Repair } from './repair.js';
import type { RuntimeServices } from './runtime.js';

/**
 * Monotonic time goes on from where it was at the checkpoint, on whatever machine the process wakes up. The launcher and the agent see to
 * that before any code of the program runs; nothing of it is JavaScript. Switched off, monotonic time is the machine's. The time of the
 * processor goes on as well.
 */
export function createClock({
  clockWaits,
  cpuTime,
}: Pick<RuntimeServices, 'clockWaits' | 'cpuTime'>): Repair {
  return {
    beforeCheckpoint() {
      cpuTime.hold();
    },
    afterRestore() {},
    problem: () => (clockWaits() ? undefined : PROBLEM),
  };
}

const PROBLEM =
  'the calls by which this libc waits were not found: where a restore can make no time namespace, waits with a deadline (Atomics.wait) may end too early or too late.';
