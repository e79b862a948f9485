import { wipeConcealed } from '../core/concealed-memory.js';
import type { Failures } from '../core/failures.js';
import { preparing } from '../core/kept-open.js';
import { processWide } from '../core/process-wide.js';
import type { RestoreInfo } from '../core/restore-info.js';
import { cracError } from '../errors.js';
import { Attempt } from './attempt.js';
import { before } from './checkpoint.js';
import type { Preparation } from './checkpoint-options.js';
import type { CheckpointParts } from './checkpoint-parts.js';
import { after } from './conclude.js';
import { describeContinuation, enterRestore, history } from './history.js';
import { type KeptAlive, keepAlive } from './keep-alive.js';
import { type Moment, presentMoment, type ResumeData, toBroughtData } from './resume-data.js';
import { takeTurn } from './turns.js';

/** The process between `prepare()` and `resume()`: it keeps its turn and stays alive. */
interface Turn {
  readonly end: () => void;
  readonly alive: KeptAlive;
}

/** The same, once everybody is ready. */
interface Prepared {
  readonly turn: Turn;
  readonly at: Moment;
  /** Ends the preparation when nobody else does. */
  readonly fallback: NodeJS.Timeout | undefined;
  readonly attempt: Attempt;
}

/** Longest delay that a timer takes, in milliseconds. */
const LONGEST_DELAY = 2 ** 31 - 1;

/** Whether the process is prepared and not yet resumed. */
export function isPrepared(): boolean {
  return state().current !== undefined;
}

/** Everything up to the engine; undone at once when something stands in the way. */
export async function prepare(
  parts: CheckpointParts,
  { request, deadline, keepSecrets }: Preparation,
): Promise<void> {
  const turn: Turn = { end: await takeTurn(), alive: keepAlive() };
  const attempt = new Attempt(parts.observer, request);
  const failures = await preparing(() => before(parts, request, attempt));
  if (failures.size === 0) {
    if (!keepSecrets) wipeConcealed();
    attempt.close('prepared', []);
    state().current = { turn, at: presentMoment(), fallback: startFallback(parts, deadline), attempt };
    return;
  }
  const info = describeContinuation('');
  const late = await after(parts, history(), info, false, attempt.reopen(info, undefined));
  release(turn);
  attempt.close('prepared', failures.errors);
  failures.throwCheckpointException(late, attempt.heapSnapshot);
}

/** Everything after the engine; with `data` as a restored process. */
export async function resume(parts: CheckpointParts, data: ResumeData | undefined): Promise<RestoreInfo> {
  const prepared = state().current;
  if (prepared === undefined) throw cracError('ERR_CRAC_NOT_PREPARED', {});
  const info =
    data === undefined ? describeContinuation('') : enterRestore(history(), toBroughtData(data, prepared.at));
  const failures = await end(parts, prepared, info);
  failures.throwRestoreException();
  if (info.restored) parts.mains.begin(info);
  return info;
}

/** Nobody knows whether there are copies of the process by now, not even of one that goes on as the original. */
async function end(parts: CheckpointParts, prepared: Prepared, info: RestoreInfo): Promise<Failures> {
  state().current = undefined;
  clearTimeout(prepared.fallback);
  const failures = await after(parts, history(), info, true, prepared.attempt.reopen(info, undefined));
  release(prepared.turn);
  return failures;
}

/** The process goes on by itself when the one who had it prepared is gone. */
function startFallback(parts: CheckpointParts, deadline: number): NodeJS.Timeout | undefined {
  if (deadline > LONGEST_DELAY) return undefined;
  return setTimeout(() => void fallBack(parts, deadline), deadline).unref();
}

async function fallBack(parts: CheckpointParts, deadline: number): Promise<void> {
  const prepared = state().current;
  if (prepared === undefined) return;
  parts.warn(
    `The process was prepared for a snapshot and nobody resumed it within ${deadline} ms: it goes on as the original.`,
  );
  const failures = await end(parts, prepared, describeContinuation(''));
  try {
    failures.throwRestoreException();
  } catch (error) {
    parts.warn((error as Error).message);
  }
}

function release({ alive, end }: Turn): void {
  alive.letGo();
  end();
}

function state(): { current: Prepared | undefined } {
  return processWide('preparation', () => ({ current: undefined }));
}
