import { processWide } from '../core/process-wide.js';
import type { RestoreInfo } from '../core/restore-info.js';
import type { EngineOutcome, RestoreData } from '../engines/engine.js';

/** What a process remembers of its own checkpoints and restores. */
export interface History {
  /** Directory that was configured at the last checkpoint. */
  configuredDirectory: string | undefined;
  /** How many images lie behind it. */
  generation: number;
  /** The last restore, `undefined` in a process that Node started. */
  restored: { readonly startedAt: number; readonly duration: number; readonly mark: number } | undefined;
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
  return outcome?.kind === 'restored' ? enterRestore(past, outcome.restore) : describeContinuation(directory);
}

/** What a restore brought along; a process that was restored as a part of its machine keeps its environment. */
export type BroughtData = Omit<RestoreData, 'env' | 'envPolicy'> &
  Partial<Pick<RestoreData, 'env' | 'envPolicy'>>;

/** Enters a restore into the history. */
export function enterRestore(
  past: History,
  { cwdPolicy, envPolicy, env: theirs, ...brought }: BroughtData,
): RestoreInfo {
  const { startedAt, duration } = brought;
  past.generation += 1;
  past.restored = { startedAt, duration, mark: performance.now() };
  const cwd = cwdPolicy === 'image' ? currentDirectory() : brought.cwd;
  const env = envPolicy === 'merge' ? addToPresent(theirs) : envPolicy === 'image' ? undefined : theirs;
  return { ...brought, ...(env && { env }), restored: true, cwd, generation: past.generation };
}

/** The environment of the checkpoint with the restorer's on top. */
function addToPresent(theirs: RestoreData['env'] | undefined): RestoreData['env'] {
  return Object.assign(Object.create(null), process.env, theirs);
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

/** The working directory, `/` when it was deleted. */
function currentDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return '/';
  }
}
