/**
 * `node-crac/engine`: the seam between coordination and the mechanism that writes a process to disk and brings it back.
 *
 * The orchestrator in `checkpoint/` and the command know nothing else of an engine than this file. An engine is a module that exports what
 * {@link EngineModule} describes; `--engine` and `CRAC_ENGINE` select it by name, by path or by the name of its package.
 * @packageDocumentation
 */

import type { EngineOption, EngineOptionValues } from './engine-option.js';

export {
  ENGINE_OPTION_TYPES,
  ENGINE_PHASES,
  type EngineOption,
  type EngineOptionType,
  type EngineOptionValue,
  type EngineOptionValues,
  type EnginePhase,
} from './engine-option.js';

/** Whether an engine could write an image now. `never` is final for this process, `not-yet` may change. */
export const AVAILABILITY_STATUSES = ['ready', 'not-yet', 'never'] as const;
export type AvailabilityStatus = (typeof AVAILABILITY_STATUSES)[number];

/**
 * What an engine says about its own usability; advisory, a checkpoint may fail all the same. Nobody changes what an engine has said: a status
 * that is none of the three is handed on with a warning, and the checkpoint is tried.
 */
export interface Availability {
  readonly status: AvailabilityStatus;
  /** One sentence: why not, and what to do. Present unless the status is `ready`. */
  readonly reason?: string;
}

/** What an engine is asked about its usability for. */
export interface AvailabilityQuestion {
  /** Absolute path of the image directory, when it is known. */
  readonly directory?: string | undefined;
  /** Options of the checkpoint. */
  readonly options: EngineOptionValues;
}

/** What an engine can do, as data. */
export interface EngineCapabilities {
  /** A restorable image is written to disk: it outlives the process, and many processes can be restored from it. */
  readonly image: boolean;
  /** The process can go on running after its image was written. */
  readonly keepRunning: boolean;
  /** A restore brings arguments, environment and working directory along. @default true */
  readonly restoreData?: boolean;
  /** `crac restore` ends as the restored process does: with its exit code, by its signal. @default true */
  readonly mirrorsEnd?: boolean;
  /** Each restored process goes on behind the call that asked for the checkpoint, with all of its memory. @default true */
  readonly memory?: boolean;
  /** It needs an image directory. @default true */
  readonly directory?: boolean;
}

/** What has become of a process that is still there although its checkpoint is done. */
export const ENGINE_ANNOUNCEMENTS = ['waiting', 'nothing'] as const;
export type EngineAnnouncement = (typeof ENGINE_ANNOUNCEMENTS)[number];

/** What the orchestrator asks of an engine. */
export interface EngineRequest {
  /** The image's identity, a UUID; the manifest carries the same. */
  readonly id: string;
  /** Absolute path of the image directory; its parent exists. */
  readonly directory: string;
  /** Text of `manifest.json`, which the engine stores beside and inside the image. */
  readonly manifest: string;
  /** Texts of the files `tags` (labels and constraints) and `score`, by which restorers choose among images. */
  readonly tags: string;
  readonly score: string;
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
  /** Validated options of the checkpoint. */
  readonly options: EngineOptionValues;
  /** What the application wants to be kept with the image; the manifest holds the same. */
  readonly userData: Readonly<Record<string, string>>;
  /** Called by an engine that ends the checkpoint and not the process: `waiting`, or `nothing` was written. Settles when that was told outside. */
  announce(state: EngineAnnouncement): Promise<void>;
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
  /** What `process.hrtime()` showed then, in milliseconds; absent from an engine that does not know. */
  readonly resumedAt?: number | undefined;
}

/** What has changed for a process that is restored where it was before: an engine that knows saves others the looking. */
export interface Arrival {
  /** The number of the process. */
  readonly pid: number;
  /** Whether the working directory may be another than the process remembers. */
  readonly moved: boolean;
  /** Whether it is in the one of {@link RestoreData.cwd} already, so that nobody has to read which one that is. */
  readonly isThere: boolean;
  /** Whether {@link RestoreData.env} is to be reported on and not to be lived with: `crac check --after-restore`. */
  readonly selfTest: boolean;
  /** Whether the restorer's `CRAC_LOG` is `debug`. */
  readonly isDebugging: boolean;
  /** Whether it is that or `info`. */
  readonly isLogging: boolean;
  /** Whether `/etc/resolv.conf` is known to be the file of the checkpoint. */
  readonly hasSameResolvConf: boolean;
  /** Whether `NODE_OPTIONS` is known to be that of the checkpoint. */
  readonly hasSameOptions: boolean;
  /** Whether the restorer's environment names files of certificate authorities. */
  readonly namesAuthorities: boolean;
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

/** An engine at work in the process that is checkpointed. Errors are those of `node-crac` or plain ones; after one the process runs on as before. */
export interface Engine {
  /** Name under which it is selected and recorded in an image. */
  readonly name: string;
  readonly capabilities: EngineCapabilities;
  /** Cheap, may be called at any time, never throws. Without it the engine is always `ready`. */
  availability?(question: AvailabilityQuestion): Availability;
  /**
   * A restore that would change nothing, of the same make as those that {@link checkpoint} returns: with it, what follows a restore is
   * rehearsed before the image is written, so that a restored process has nothing to compile. Without it there is no rehearsal.
   */
  describePresent?(): EngineOutcome;
  /**
   * Writes the image. Called once at a time, after every resource was told and the descriptors were inspected. Without `keepRunning` it does
   * not return in the process that was checkpointed, if the engine writes images: that one exits with status 0.
   *
   * An image directory holds `manifest.json` with the text of {@link EngineRequest.manifest}: by that the command knows the engine. What was
   * there before stays restorable until the new image is complete.
   */
  checkpoint(request: EngineRequest): Promise<EngineOutcome>;
}

/** What an engine may use of the process in which it works. */
export interface EngineServices {
  /** Tells the owner of the program that something is not as it should be. */
  warn(sentence: string): void;
  /** Memory whose content must not be in an image; asked when one is about to be written. */
  secrets(): readonly Uint8Array[];
  /** Restores leave the monotonic clock as it is on their machine, unless they are told otherwise. */
  readonly hostClock: boolean;
  /** Features of the processor that images may rely on: a mask as `crac run --cpu-features` takes it, empty for all. */
  readonly cpuFeatures: string;
  /**
   * Makes sure that an image can be written to the directory, creating it for this user alone; returns how to undo that.
   *
   * @throws CracException `ERR_CRAC_DIRECTORY_REFUSED`
   */
  prepareDirectory(directory: string): () => void;
  /**
   * Puts `manifest.json` in place in one step, and `tags` and `score` before it. From then on the directory holds this image and that of another engine is gone, so all
   * other files of the engine have to be there already, under names that no earlier image has: with the id in them, for example.
   */
  commit(directory: string, manifest: string): void;
}

/** What an image says about itself, as far as engines need it. */
export interface EngineImage {
  /** The image's identity, a UUID. */
  readonly id: string;
  /** Name of the engine that wrote it. */
  readonly engine: string;
  /** Wall clock of the checkpoint, ISO 8601 in UTC. */
  readonly createdAt: string;
  /** The process as it was at the checkpoint. */
  readonly process: {
    readonly pid: number;
    readonly argv: readonly string[];
    readonly execArgv: readonly string[];
    readonly cwd: string;
  };
  /** The Node.js executable that the process ran on. */
  readonly node: { readonly execPath: string; readonly version: string };
  /** What the application wanted to be kept with the image. */
  readonly userData?: Readonly<Record<string, string>>;
}

/** What `crac restore` asks of an engine. Standard streams are those of the process in which it is called. */
export interface EngineRestoreRequest
  extends Pick<RestoreData, 'args' | 'hasArgs' | 'env' | 'cwd' | 'cwdPolicy' | 'envPolicy' | 'startedAt'> {
  /** Absolute path of the image directory; it belongs to this user or to root, and nobody else can change it. */
  readonly directory: string;
  readonly image: EngineImage;
  /** Validated options of the restore. */
  readonly options: EngineOptionValues;
  /** Says something to the person in front of the command. */
  warn(sentence: string): void;
}

/** One thing that an engine needs: what was found, and, when it is not as it should be, a clause that says why and what to do. */
export interface EngineFinding {
  readonly name: string;
  readonly detail: string;
  readonly problem?: string;
}

/** How a restored process ended: its exit code, or the signal that ended it. */
export type EngineEnd = number | NodeJS.Signals;

/**
 * What the module of an engine exports.
 *
 * @example
 * ```ts
 * import type { EngineModule } from 'node-crac/engine';
 *
 * export const { name, description, options, create }: EngineModule = {
 *   name: 'nothing',
 *   description: 'tells the resources and writes no image',
 *   options: [],
 *   create: () => ({
 *     name: 'nothing',
 *     capabilities: { image: false, keepRunning: true },
 *     checkpoint: async () => ({ kind: 'running', pause: 0, written: Promise.resolve() }),
 *   }),
 * };
 * ```
 */
export interface EngineModule {
  /** Lower case, digits and dashes; recorded in images. */
  readonly name: string;
  /** One line for `--engine-options help`. */
  readonly description: string;
  readonly options: readonly EngineOption[];
  /** Called once in a process, when the engine is first asked for something. It opens nothing. */
  create(services: EngineServices): Engine;
  /**
   * Brings a process back, in the process of `crac restore`; settles when the restored process has ended, or when nothing more is to be
   * done for it. Rejects when it could not be restored. Absent from an engine whose images nobody restores.
   */
  restore?(request: EngineRestoreRequest): Promise<EngineEnd>;
  /** Looks at what the engine needs of this machine, for `crac check --engine`. Absent from an engine that needs nothing. */
  examine?(options: EngineOptionValues): readonly EngineFinding[];
}
