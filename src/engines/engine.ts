/**
 * The seam between coordination and the mechanism that writes a process to disk.
 *
 * The orchestrator in `checkpoint/` knows nothing else of an engine than this file.
 */

/** Whether an engine could write an image now. `never` is final for this process, `not-yet` may change. */
export const AVAILABILITY_STATUSES = ['ready', 'not-yet', 'never'] as const;
export type AvailabilityStatus = (typeof AVAILABILITY_STATUSES)[number];

/** What an engine says about its own usability; advisory, a checkpoint may fail all the same. */
export interface Availability {
  readonly status: AvailabilityStatus;
  /** One sentence: why not, and what to do. Present unless the status is `ready`. */
  readonly reason?: string;
}

/** What an engine can do, as data. */
export interface EngineCapabilities {
  /** A restorable image is written to disk. */
  readonly image: boolean;
  /** The process can go on running after its image was written. */
  readonly keepRunning: boolean;
}

/** What the orchestrator asks of an engine. */
export interface EngineRequest {
  /** The image's identity, a UUID; the manifest carries the same. */
  readonly id: string;
  /** Absolute path of the image directory; its parent exists. */
  readonly directory: string;
  /** Text of `manifest.json`, which the engine stores beside and inside the image. */
  readonly manifest: string;
  /** Go on running after the image was written instead of exiting. */
  readonly keepRunning: boolean;
  /** Read the image back and compare it with the stopped process, byte for byte. */
  readonly verify: boolean;
  /** Descriptors that stay open up to the image but must not travel; in the restored process they are `/dev/null`. */
  readonly placeholders: readonly number[];
  /** Descriptors that can neither be read nor written in the restored process. */
  readonly closed: readonly number[];
  /** Files that are opened again at their position. */
  readonly reopened: readonly number[];
  /** Those of them that may have changed since. */
  readonly unchecked: readonly number[];
  /** Milliseconds that stopping all threads may take. */
  readonly stopTimeout: number;
}

/** What a restore brought along. */
export interface RestoreData {
  /** Arguments given to the restore, for `process.argv.slice(2)`; empty when none were given. */
  readonly args: readonly string[];
  /** Whether arguments were given at all (`--` was present), so that an empty list can replace the old one. */
  readonly hasArgs: boolean;
  /** The restorer's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** The restorer's working directory. */
  readonly cwd: string;
  /** What the restored process shall do with it: `restorer` follows it, `image` keeps that of the checkpoint. */
  readonly cwdPolicy: 'restorer' | 'image';
  /** The same for the environment: `replace` takes the restorer's, `merge` adds it to that of the checkpoint, `image` ignores it. */
  readonly envPolicy: 'replace' | 'merge' | 'image';
  /** Absolute path of the image directory that was restored. */
  readonly directory: string;
  /** Wall clock, milliseconds since the epoch, at which the restore began. */
  readonly startedAt: number;
  /** Milliseconds from the image to that moment by the wall clock, never less than 0. */
  readonly frozenMs: number;
  /** Milliseconds by which the monotonic clock of the process went on in that time. */
  readonly frozenMonotonicMs: number;
  /** Milliseconds that the engine took from its start to the first JavaScript. */
  readonly duration: number;
}

/** What has changed for a process that is restored where it was before: an engine that knows saves others the looking. */
export interface Arrival {
  /** The number of the process. */
  readonly pid: number;
  /** Whether the working directory may be another than the process remembers. */
  readonly moved: boolean;
  /** Whether {@link RestoreData.env} is to be reported on and not to be lived with: `crac check --after-restore`. */
  readonly selfTest: boolean;
  /** Whether the restorer's `CRAC_LOG` is `debug`. */
  readonly isDebugging: boolean;
  /** Whether `/etc/resolv.conf` is known to be the file of the checkpoint. */
  readonly hasSameResolvConf: boolean;
  /** Makes `process.env` what the restore says. Returns whether it names another locale. */
  adoptEnvironment(): boolean;
}

/** How a checkpoint ended, seen from the process that asked for it. */
export type EngineOutcome =
  | {
      readonly kind: 'restored';
      /** Read when it is asked for: each property may cost more than the rest of a restore. */
      readonly restore: RestoreData;
      /** Absent from an engine that does not know. */
      readonly arrival?: Arrival | undefined;
    }
  | {
      readonly kind: 'running';
      /** Milliseconds for which the threads were stopped. */
      readonly pause: number;
      /** Settles when the image is on disk; rejects with the engine's error when writing it failed. */
      readonly written: Promise<void>;
    };

/** An engine. Errors are `CheckpointException`s or plain errors with a `code`; after one the process runs on as before. */
export interface Engine {
  /** Name under which it is selected and recorded in an image. */
  readonly name: string;
  readonly capabilities: EngineCapabilities;
  /** Cheap, may be called at any time, never throws. */
  availability(): Availability;
  /** A restore that would change nothing, for the rehearsal; it is of the same make as those that {@link checkpoint} returns. */
  describePresent(): EngineOutcome;
  /**
   * Writes the image. Called once at a time, after every resource was told and the descriptors were inspected.
   * Without `keepRunning` it does not return in the process that was checkpointed: that one exits with status 0.
   */
  checkpoint(request: EngineRequest): Promise<EngineOutcome>;
}
