import { readFileSync } from 'node:fs';
import type { MachineFacts } from './image-files.js';

/** The clock of this machine at this moment. */
export function presentFacts(): MachineFacts {
  return {
    monotonic: Number(process.hrtime.bigint() / 1_000_000n),
    bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim(),
  };
}
