/**
 * Management: what the owner of an application needs to ask for checkpoints.
 *
 * @packageDocumentation
 */
import type { CheckpointOptions, PrepareOptions } from './checkpoint/checkpoint-options.js';
import type { ResumeData } from './checkpoint/resume-data.js';
import type { ScoreProvider } from './checkpoint/scores.js';
import * as scores from './checkpoint/scores.js';
import { manager, measureScores } from './composition.js';
import type { CheckpointRecord, RestoreRecord } from './core/records.js';
import type { RestoreInfo } from './core/restore-info.js';
import type { Availability } from './engines/engine.js';

export type { CheckpointOptions, PrepareOptions } from './checkpoint/checkpoint-options.js';
export type { ResumeData } from './checkpoint/resume-data.js';
export type { ScoreProvider } from './checkpoint/scores.js';
export { isImplemented } from './core/is-implemented.js';
export type {
  CheckpointOutcome,
  CheckpointPhase,
  CheckpointRecord,
  RestoreRecord,
} from './core/records.js';
export type { RestoreInfo } from './core/restore-info.js';
export type {
  DescriptorPolicy,
  FilePolicy,
  PipePolicy,
  PolicyAction,
  ResourcePolicy,
  SocketPolicy,
} from './descriptors/policies/policy.js';
export type { Availability, AvailabilityStatus } from './engines/engine.js';

/**
 * Writes the process to disk and exits with status 0, or goes on with `keepRunning`.
 *
 * In every process that is restored from the image this call returns, with what the restore brought along: `process.argv`, `process.env`,
 * `process.pid` and the working directory have followed, and all resources have come back. With `keepRunning` it returns in the original
 * process when the image is on disk. Concurrent callers wait for their own turn.
 *
 * @throws {CheckpointException} when there is no image; the process runs on as before and `errors` names every reason
 * @throws {RestoreException} when the process goes on, but some resource failed in `afterRestore`
 *
 * @example
 * ```js
 * import { checkpointRestore } from 'node-crac/management';
 *
 * const { restored, args } = await checkpointRestore({ directory: './image' });
 * console.log(restored ? `restored with ${args.length} arguments` : 'running on');
 * ```
 */
export function checkpointRestore(options?: CheckpointOptions): Promise<RestoreInfo> {
  return manager.checkpoint(options);
}

/**
 * Does everything up to the writing of an image, which is then left to somebody else: a snapshot of the virtual machine, for example.
 * Until `resume()` is called, further checkpoints are refused.
 *
 * @throws {CheckpointException} when something stands in the way; the process runs on as before
 *
 * @example
 * ```js
 * import { prepare, resume } from 'node-crac/management';
 *
 * await prepare();
 * // ... the machine is paused, saved and continued, perhaps more than once ...
 * await resume({ env: { ...process.env, INSTANCE: '2' } });
 * ```
 */
export function prepare(options?: PrepareOptions): Promise<void> {
  return manager.prepare(options);
}

/**
 * Ends what `prepare()` began: all resources come back. With `data` the process counts as restored, `resume({})` suffices for that;
 * without it goes on as the original.
 *
 * @throws {CracException} `ERR_CRAC_NOT_PREPARED`, `ERR_CRAC_RECURSIVE_CALL`
 * @throws {RestoreException} when some resource failed in `afterRestore`
 */
export function resume(data?: ResumeData): Promise<RestoreInfo> {
  return manager.resume(data);
}

/**
 * Gives all random numbers of this process new beginnings, on all threads: OpenSSL's, `Math.random()` of all contexts, pools of random bytes. A restore
 * and `resume()` do that by themselves; this is for a process that somebody else has copied without asking. All threads stand still for a moment.
 *
 * @throws {Error} when something could not be renewed; everything else was
 *
 * @example
 * ```js
 * import { renewRandomness } from 'node-crac/management';
 *
 * renewRandomness();
 * ```
 */
export function renewRandomness(): void {
  manager.renewRandomness();
}

/**
 * Whether a checkpoint could be made here, and if not, why and what to do. Cheap, never throws; loads the native agent. It looks at the
 * machine and not at what the program has open, so a checkpoint may fail all the same.
 *
 * @example
 * ```js
 * import { checkpointAvailability } from 'node-crac/management';
 *
 * const { status, reason } = checkpointAvailability();
 * if (status !== 'ready') console.warn(reason);
 * ```
 */
export function checkpointAvailability(): Availability {
  return manager.availability();
}

/**
 * Sets a metric of the images to come, by which the best of several can be chosen (`crac restore --score`): how many requests were served,
 * for example. Names that begin with `vm.`, `node.`, `v8.` or `crac.` are the runtime's.
 *
 * @throws {CracException} `ERR_CRAC_INVALID_ARGUMENT`
 *
 * @example
 * ```js
 * import { addScoreProvider, setScore } from 'node-crac/management';
 *
 * let requests = 0;
 * addScoreProvider(() => setScore('requests', requests));
 * ```
 */
export function setScore(metric: string, value: number): void {
  scores.setScore(metric, value);
}

/** Takes a metric back that `setScore()` has set; whether there was one. */
export function removeScore(metric: string): boolean {
  return scores.removeScore(metric);
}

/**
 * Has `provider` called before scores are read, so that it can set its own. What it throws becomes a warning. Returns a function that ends it.
 *
 * @throws {CracException} `ERR_CRAC_INVALID_ARGUMENT`
 */
export function addScoreProvider(provider: ScoreProvider): () => void {
  return scores.addScoreProvider(provider);
}

/** All metrics as an image would record them now: those of the runtime and those of the program. Asks all providers. */
export function getScores(): Readonly<Record<string, number>> {
  return measureScores();
}

/** When the last restore of this process began, in milliseconds since the epoch; -1 if it was never restored. */
export function restoreTime(): number {
  return manager.restoreTime();
}

/** Milliseconds since the last restore of this process began; -1 if it was never restored. */
export function uptimeSinceRestore(): number {
  return manager.uptimeSinceRestore();
}

/** How the last checkpoint of this program ended, with durations; `undefined` if none was asked for. In a restored process it is the one that wrote its image. */
export function lastCheckpoint(): CheckpointRecord | undefined {
  return manager.lastCheckpoint();
}

/** How long the last restore of this process took; `undefined` if it was never restored. */
export function lastRestore(): RestoreRecord | undefined {
  return manager.lastRestore();
}
