import { processWide } from '../core/process-wide.js';
import type { RestoreInfo } from '../core/restore-info.js';
import { cracError } from '../errors.js';
import { before } from './checkpoint.js';
import type { CheckpointParts, CheckpointRequest } from './checkpoint-parts.js';
import { after } from './conclude.js';
import { describeContinuation, enterRestore, history } from './history.js';
import { type KeptAlive, keepAlive } from './keep-alive.js';
import { type Moment, presentMoment, type ResumeData, toBroughtData } from './resume-data.js';
import { takeTurn } from './turns.js';

/** The process between `prepare()` and `resume()`: it keeps its turn and stays alive. */
interface Preparation {
  readonly endTurn: () => void;
  readonly alive: KeptAlive;
}

/** The same, once everybody is ready. */
interface Prepared extends Preparation {
  readonly at: Moment;
}

/** Whether the process is prepared and not yet resumed. */
export function isPrepared(): boolean {
  return state().current !== undefined;
}

/** Everything up to the engine; undone at once when something stands in the way. */
export async function prepare(parts: CheckpointParts, request: CheckpointRequest): Promise<void> {
  const preparation: Preparation = { endTurn: await takeTurn(), alive: keepAlive() };
  const failures = await before(parts, request);
  if (failures.size === 0) {
    state().current = { ...preparation, at: presentMoment() };
    return;
  }
  const late = await after(parts, describeContinuation(''));
  release(preparation);
  failures.throwCheckpointException(late);
}

/** Everything after the engine; with `data` as a restored process. */
export async function resume(parts: CheckpointParts, data: ResumeData | undefined): Promise<RestoreInfo> {
  const preparation = state().current;
  if (preparation === undefined) throw cracError('ERR_CRAC_NOT_PREPARED', {});
  state().current = undefined;
  const info =
    data === undefined
      ? describeContinuation('')
      : enterRestore(history(), toBroughtData(data, preparation.at));
  const failures = await after(parts, info);
  release(preparation);
  failures.throwRestoreException();
  if (info.restored) parts.mains.begin(info);
  return info;
}

function release({ endTurn, alive }: Preparation): void {
  alive.letGo();
  endTurn();
}

function state(): { current: Prepared | undefined } {
  return processWide('preparation', () => ({ current: undefined }));
}
