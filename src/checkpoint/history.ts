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
  arrival: Arrival | undefined;
}

/** The clock on which engines agree, in milliseconds; `performance.now()` touches more pages of a restored process. */
function monotonicNow(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}

/** One restore, in milliseconds. */
interface PastRestore {
  /** When it began, how long it took, and what `process.hrtime()` showed then. */
  readonly when: Pick<BroughtData, 'startedAt' | 'duration'> & { readonly resumedAt: number };
  /** From there until the resources of Node itself were back, and until those of the application were. */
  runtime: number;
  application: number;
}

/** The history of this process. */
export function history(): History {
  return processWide('history', () => create(undefined, 0, undefined, undefined));
}

/** A history that can be written on without changing that of the process, and looks the same to V8. */
export function copyHistory({ configuredDirectory, generation, restored, arrival }: History): History {
  return create(configuredDirectory, generation, restored, arrival);
}

function create(
  configuredDirectory: History['configuredDirectory'],
  generation: number,
  restored: History['restored'],
  arrival: History['arrival'],
): History {
  return { configuredDirectory, generation, restored, arrival };
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
  const when = knowsWhen(brought) ? brought : { ...timesOf(brought), resumedAt: monotonicNow() };
  past.restored = { when, runtime: 0, application: 0 };
  past.arrival = arrival;
  return new RestoredInfo(brought, past.generation);
}

/** Milliseconds since the first JavaScript of the last restore. */
export function sinceRestore({ restored }: History): number {
  return restored === undefined ? 0 : monotonicNow() - restored.when.resumedAt;
}

/** Milliseconds since the last restore began; -1 in a process that Node started. */
export function uptimeSinceRestore(): number {
  const past = history();
  return past.restored === undefined ? -1 : sinceRestore(past) + past.restored.when.duration;
}

/** Enters when everything was back. */
export function enterReturn({ restored }: History, runtime: number, application: number): void {
  if (restored === undefined) return;
  restored.runtime = runtime;
  restored.application = application;
}

/** Then nothing is read: each number costs a restored process some pages. */
function knowsWhen(brought: BroughtData): brought is BroughtData & PastRestore['when'] {
  return brought.resumedAt !== undefined;
}

function timesOf({ startedAt, duration }: BroughtData): Pick<BroughtData, 'startedAt' | 'duration'> {
  return { startedAt, duration };
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
