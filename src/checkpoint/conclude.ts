import { isIdle } from '../core/context.js';
import { Failures } from '../core/failures.js';
import type { RestoreInfo } from '../core/restore-info.js';
import type { EngineOutcome } from '../engines/engine.js';
import type { Attempt } from './attempt.js';
import type { CheckpointParts, CheckpointRequest } from './checkpoint-parts.js';
import { enterOutcome, enterReturn, type History, sinceRestore } from './history.js';
import { notifying } from './notification.js';
import { during, type Watch } from './observer.js';

/** Whom the end of a checkpoint concerns. */
export type Audience = Pick<CheckpointParts, 'context' | 'runtime' | 'mains' | 'workers' | 'renewRandomness'>;

/** What a checkpoint was asked for, as far as its end depends on that. */
export type Purpose = Pick<CheckpointRequest, 'directory' | 'dryRun'>;

/** Makes all of them in one place, so that they look the same to V8: what was rehearsed with one is fast with another. */
export function toAudience({ context, runtime, mains, workers, renewRandomness }: Audience): Audience {
  return { context, runtime, mains, workers, renewRandomness };
}

/** The same for what was asked for. */
export function toPurpose({ directory, dryRun }: Purpose): Purpose {
  return { directory, dryRun };
}

/**
 * Everything from the engine on.
 *
 * @throws {CheckpointException} when there is no image
 * @throws {RestoreException} when there is one, but some resource could not follow
 */
export async function conclude(
  audience: Audience,
  past: History,
  { directory, dryRun }: Purpose,
  outcome: EngineOutcome | undefined,
  failures: Failures,
  attempt: Attempt,
): Promise<RestoreInfo> {
  const info = enterOutcome(past, directory, outcome);
  const imageOnDisk = failures.collect(() => written(outcome));
  const isPlainCopy = outcome?.kind === 'restored' && outcome.arrival === undefined;
  const late = await after(audience, past, info, isPlainCopy, attempt.reopen(info, past.arrival));
  await imageOnDisk;
  if (!info.restored) attempt.close(dryRun ? 'passed' : 'written', failures.errors);
  failures.throwCheckpointException(late, attempt.heapSnapshot);
  late.throwRestoreException();
  if (info.restored) audience.mains.begin(info);
  return info;
}

/**
 * Tells the resources that the process goes on: returns what could not follow. An engine that says nothing of the arrival copies memory as it is,
 * as somebody else's snapshot does: then random numbers are to be renewed first.
 */
export async function after(
  { context, runtime, workers, renewRandomness }: Audience,
  past: History,
  info: RestoreInfo,
  isPlainCopy: boolean,
  watch: Watch | undefined,
): Promise<Failures> {
  const failures = new Failures();
  if (isPlainCopy) await failures.collect(renewRandomness);
  await failures.collect(() => during(watch, 'runtime-return', () => runtime.afterRestore(runtime, info)));
  const runtimeBack = info.restored ? sinceRestore(past) : 0;
  const tell = (): Promise<void> =>
    during(watch, 'application-return', () => context.afterRestore(context, info));
  if (isIdle(context)) await tell();
  else await notifying(() => failures.collect(tell));
  const returning = workers.returning();
  if (returning !== undefined) await failures.collect(() => returning);
  if (info.restored) {
    const applicationBack = sinceRestore(past);
    enterReturn(past, runtimeBack, applicationBack);
    watch?.restored(info, runtimeBack, applicationBack);
  }
  return failures;
}

async function written(outcome: EngineOutcome | undefined): Promise<void> {
  if (outcome?.kind === 'running') await outcome.written;
}
