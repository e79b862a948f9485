import { processWide } from '../core/process-wide.js';
import type { RestoreInfo } from '../core/restore-info.js';
import type { Arrival, EngineOutcome } from '../engines/engine.js';
import { currentDirectory } from './current-directory.js';
import { type BroughtData, RestoredInfo } from './restored-info.js';

/** What a process remembers of its own checkpoints and restores. */
export interface History {
  /** Directory that was configured at the last checkpoint. */
  configuredDirectory: string | undefined;
  /** How many images lie behind it. */
  generation: number;
  /** The last restore, `undefined` in a process that Node started. */
  restored: PastRestore | undefined;
  /** What the last restore changed, if the engine knows. */
  arrival?: Arrival | undefined;
}

/** One restore. All times but `mark` are in milliseconds. */
interface PastRestore {
  readonly startedAt: number;
  /** From there to the first JavaScript. */
  readonly duration: number;
  /** When that was, by `performance.now()`. */
  readonly mark: number;
  /** From there until the resources of Node itself were back, and until those of the application were. */
  runtime: number;
  application: number;
}

/** The history of this process. */
export function history(): History {
  return processWide('history', () => ({
    configuredDirectory: undefined,
    generation: 0,
    restored: undefined,
  }));
}

/** Enters how a checkpoint ended into the history and tells what the resources have to know of it. */
export function enterOutcome(
  past: History,
  directory: string,
  outcome: EngineOutcome | undefined,
): RestoreInfo {
  return outcome?.kind === 'restored'
    ? enterRestore(past, outcome.restore, outcome.arrival)
    : describeContinuation(directory);
}

/** Enters a restore into the history. */
export function enterRestore(past: History, brought: BroughtData, arrival?: Arrival): RestoreInfo {
  past.generation += 1;
  const { startedAt, duration } = brought;
  past.restored = { startedAt, duration, mark: performance.now(), runtime: 0, application: 0 };
  past.arrival = arrival;
  return new RestoredInfo(brought, past.generation);
}

/** Enters when everything was back. */
export function enterReturn({ restored }: History, runtime: number, application: number): void {
  if (restored === undefined) return;
  restored.runtime = runtime;
  restored.application = application;
}

/** Describes that the process which asked for the checkpoint goes on itself. */
export function describeContinuation(directory: string): RestoreInfo {
  return {
    restored: false,
    args: [],
    hasArgs: false,
    cwd: currentDirectory(),
    generation: history().generation,
    directory,
    startedAt: Date.now(),
    frozenMs: 0,
    frozenMonotonicMs: 0,
    duration: 0,
  };
}
