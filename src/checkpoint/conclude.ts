import { isIdle } from '../core/context.js';
import { Failures } from '../core/failures.js';
import type { RestoreInfo } from '../core/restore-info.js';
import type { EngineOutcome } from '../engines/engine.js';
import type { CheckpointParts } from './checkpoint-parts.js';
import { enterOutcome, type History } from './history.js';
import { notifying } from './notification.js';

/** Whom the end of a checkpoint concerns. */
export type Audience = Pick<CheckpointParts, 'context' | 'runtime' | 'mains' | 'workers' | 'renewRandomness'>;

/**
 * Everything from the engine on.
 *
 * @throws {CheckpointException} when there is no image
 * @throws {RestoreException} when there is one, but some resource could not follow
 */
export async function conclude(
  audience: Audience,
  past: History,
  directory: string,
  outcome: EngineOutcome | undefined,
  failures: Failures,
): Promise<RestoreInfo> {
  const info = enterOutcome(past, directory, outcome);
  const imageOnDisk = failures.collect(() => written(outcome));
  const late = await after(audience, info, outcome?.kind === 'restored' && outcome.arrival === undefined);
  await imageOnDisk;
  failures.throwCheckpointException(late);
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
  info: RestoreInfo,
  isPlainCopy: boolean,
): Promise<Failures> {
  const failures = new Failures();
  if (isPlainCopy) await failures.collect(renewRandomness);
  await failures.collect(() => runtime.afterRestore(runtime, info));
  if (isIdle(context)) await context.afterRestore(context, info);
  else await notifying(() => failures.collect(() => context.afterRestore(context, info)));
  const returning = workers.returning();
  if (returning !== undefined) await failures.collect(() => returning);
  return failures;
}

async function written(outcome: EngineOutcome | undefined): Promise<void> {
  if (outcome?.kind === 'running') await outcome.written;
}
