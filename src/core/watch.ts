import type { Phase } from '../error-details.js';
import { processWide, sharedValue } from './process-wide.js';

/** What is said to one resource. */
export interface Telling {
  /** Name of the context that tells it. */
  readonly context: string;
  readonly resource: string;
  readonly phase: Phase;
}

/** Follows how resources are told, one by one. */
export interface ResourceWatch {
  /** Calls `tell` and returns what that returns, which may be a promise. */
  follow<Outcome>(telling: Telling, tell: () => Outcome): Outcome;
}

/** Has resources followed from here on; by nobody without a `watch`. */
export function watchResources(watch: ResourceWatch | undefined): void {
  processWide<Slot>('watch', () => ({ watch: undefined })).watch = watch;
}

/** Who follows resources right now, which nobody does most of the time. */
export function resourceWatch(): ResourceWatch | undefined {
  return sharedValue<Slot>('watch')?.watch;
}

interface Slot {
  watch: ResourceWatch | undefined;
}
