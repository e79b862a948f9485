/**
 * What a process learns when it goes on after a checkpoint. Most properties of a restore are read when they are asked for: copy them one by
 * one or with `toJSON()`, not by `{ ...info }`.
 */
export interface RestoreInfo {
  /**
   * `true` in a restored process. `false` in the process that was checkpointed, when it goes on because the checkpoint failed or
   * because of `keepRunning`: nothing was brought along then.
   */
  readonly restored: boolean;
  /** Arguments given to the restore; empty when none were given. */
  readonly args: readonly string[];
  /** Whether arguments were given at all, so that an empty list can replace the old ones. */
  readonly hasArgs: boolean;
  /** The environment from here on; absent when that of the checkpoint stays. `process.env` holds it, and what the program itself had set. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Working directory from here on. */
  readonly cwd: string;
  /** How many images lie behind this process: 0 in a process that Node started, 1 after the first restore, and so on. */
  readonly generation: number;
  /** Absolute path of the image directory; empty after `resume()` that names none. */
  readonly directory: string;
  /** Wall clock, in milliseconds since the epoch, at which the restore began; without a restore, at which the process went on. */
  readonly startedAt: number;
  /**
   * How long the process was away: milliseconds from the checkpoint to the start of the restore by the wall clock. Never less than 0, even
   * where the clock of the new machine is behind; 0 without a restore.
   */
  readonly frozenMs: number;
  /**
   * By how much monotonic time (`performance.now()`, every timer) advanced meanwhile, in milliseconds: as much as the wall clock by default,
   * 0 with `crac restore --clock freeze`; 0 without a restore.
   */
  readonly frozenMonotonicMs: number;
  /** Milliseconds from the start of the restore to the first JavaScript; 0 without a restore. */
  readonly duration: number;
}

/** The same with properties that can be copied. */
export function toPlainInfo(info: RestoreInfo): RestoreInfo {
  const { toJSON } = info as { toJSON?: () => RestoreInfo };
  return toJSON === undefined ? info : toJSON.call(info);
}
