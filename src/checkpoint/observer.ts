import type { CheckpointPhase, ReturnPhase } from '../core/records.js';
import type { RestoreInfo } from '../core/restore-info.js';
import type { Arrival } from '../engines/engine.js';
import type { CheckpointRequest } from './checkpoint-parts.js';

/** Tells others of checkpoints: the log, and who listens to diagnostics channels. */
export interface Observer {
  /** Called when a checkpoint begins; returns nothing when nobody wants to know of it. */
  open(request: CheckpointRequest): Watch | undefined;
  /** Called when the process that asked for it goes on as a restored one; returns nothing when nobody wants to know of that. */
  reopen(info: RestoreInfo, arrival: Arrival | undefined): Watch | undefined;
}

/** Follows one checkpoint. */
export interface Watch {
  /** Carries out the whole of it. */
  whole(work: () => Promise<RestoreInfo>): Promise<RestoreInfo>;
  /** Carries out one step of it. */
  during<Result>(phase: CheckpointPhase | ReturnPhase, work: () => Promise<Result>): Promise<Result>;
  /** Called when only the engine's step is left. */
  writing(): void;
  /** Called in the process that goes on when that has ended, with its milliseconds. */
  left(duration: number): void;
  /** Called in a restored process when everything has come back, with the milliseconds from the first JavaScript to that. */
  restored(info: RestoreInfo, runtime: number, application: number): void;
}

/** Carries out one step of a checkpoint that perhaps somebody follows. */
export function during<Result>(
  watch: Watch | undefined,
  phase: CheckpointPhase | ReturnPhase,
  work: () => Promise<Result>,
): Promise<Result> {
  return watch === undefined ? work() : watch.during(phase, work);
}
