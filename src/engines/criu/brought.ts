import { closeSync, readFileSync } from 'node:fs';
import type { EngineRestoreRequest, RestoreData } from '../engine.js';

/** What a restore hands to the process that it wakes, as JSON in a file without a name. */
export type Brought = Pick<
  EngineRestoreRequest,
  'args' | 'hasArgs' | 'env' | 'cwd' | 'cwdPolicy' | 'envPolicy' | 'startedAt' | 'directory'
>;

/** A moment by both clocks, in milliseconds. */
export interface Moment {
  readonly wall: number;
  readonly monotonic: number;
}

/** This moment. */
export function presentMoment(): Moment {
  return { wall: Date.now(), monotonic: performance.now() };
}

/** Reads what the restore brought from a descriptor, and closes that. */
export function takeBrought(fd: number, asleep: Moment): RestoreData {
  const brought: Brought = JSON.parse(readFileSync(fd, 'utf8'));
  closeSync(fd);
  return {
    ...brought,
    frozenMs: Math.max(0, brought.startedAt - asleep.wall),
    frozenMonotonicMs: performance.now() - asleep.monotonic,
    duration: Math.max(0, Date.now() - brought.startedAt),
  };
}
