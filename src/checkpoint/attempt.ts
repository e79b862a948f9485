import { processWide } from '../core/process-wide.js';
import type { CheckpointOutcome, CheckpointPhase, CheckpointRecord } from '../core/records.js';
import type { RestoreInfo } from '../core/restore-info.js';
import type { Arrival } from '../engines/engine.js';
import type { CheckpointRequest } from './checkpoint-parts.js';
import { during, type Observer, type Watch } from './observer.js';

/** What this process remembers of its checkpoints. */
export interface Attempts {
  last: CheckpointRecord | undefined;
  readonly counts: { [Outcome in CheckpointOutcome]: number };
}

/** The checkpoints of this process. */
export function attempts(): Attempts {
  return processWide('attempts', nothingAttempted);
}

function nothingAttempted(): Attempts {
  return { last: undefined, counts: { written: 0, failed: 0, passed: 0, prepared: 0 } };
}

/** One checkpoint: measured, remembered, and told to those who follow it. */
export class Attempt {
  /** The file with the heap as it was when this one had failed. */
  heapSnapshot: string | undefined;
  readonly #store: Attempts;
  readonly #observer: Observer;
  readonly #directory: string;
  readonly #watch: Watch | undefined;
  readonly #isRehearsal: boolean;
  readonly #startedAt = Date.now();
  readonly #began = performance.now();
  readonly #phases: { [Name in CheckpointPhase]?: number } = {};
  /** When the writing of the image began. */
  #writingSince: number | undefined;

  /** Begins one; without a request it is a rehearsal, of which nobody hears. */
  constructor(observer: Observer, request?: CheckpointRequest) {
    this.#observer = observer;
    this.#isRehearsal = request === undefined;
    this.#store = request === undefined ? nothingAttempted() : attempts();
    this.#directory = request?.directory ?? '';
    this.#watch = request && observer.open(request);
  }

  /** Carries out all of it. */
  whole(work: () => Promise<RestoreInfo>): Promise<RestoreInfo> {
    return this.#watch === undefined ? work() : this.#watch.whole(work);
  }

  /** Carries out one step; one that comes twice counts as one. */
  async during<Result>(phase: CheckpointPhase, work: () => Promise<Result>): Promise<Result> {
    const began = performance.now();
    try {
      return await during(this.#watch, phase, work);
    } finally {
      this.#phases[phase] = (this.#phases[phase] ?? 0) + performance.now() - began;
    }
  }

  /** Enters the image that is about to be written, as restored processes remember it: for them it has been. */
  enterImage(): void {
    this.#watch?.writing();
    this.#enter('written', []);
    this.#writingSince = performance.now();
  }

  /** Enters how it ended, in a process that goes on; `outcome` is what it is without failures. */
  close(outcome: CheckpointOutcome, failures: readonly Error[]): void {
    if (this.#writingSince !== undefined) this.#leaveImage(performance.now() - this.#writingSince);
    this.#enter(
      failures.length === 0 ? outcome : 'failed',
      failures.map(({ message }) => message),
    );
  }

  /** Who follows what comes after the engine; in most restored processes nobody. */
  reopen(info: RestoreInfo, arrival: Arrival | undefined): Watch | undefined {
    const watch = info.restored ? this.#observer.reopen(info, arrival) : this.#watch;
    return this.#isRehearsal ? undefined : watch;
  }

  /** Takes the entry back, which was for others, and notes what only this process knows. */
  #leaveImage(duration: number): void {
    this.#store.counts.written -= 1;
    this.#phases.image = duration;
    this.#watch?.left(duration);
  }

  #enter(outcome: CheckpointOutcome, reasons: readonly string[]): void {
    this.#store.counts[outcome] += 1;
    this.#store.last = {
      startedAt: this.#startedAt,
      outcome,
      duration: performance.now() - this.#began,
      phases: { ...this.#phases },
      directory: this.#directory,
      reasons,
      ...(this.heapSnapshot !== undefined && { heapSnapshot: this.heapSnapshot }),
    };
  }
}
