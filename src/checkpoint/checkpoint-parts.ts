import type { Context } from '../core/context.js';
import type { Mains } from '../core/on-restore.js';
import type { Inspection, InspectionRules } from '../descriptors/inspect-process.js';
import type { ResourcePolicy } from '../descriptors/policies/policy.js';
import type { Arrival, Engine, EngineAnnouncement, EngineOptionValues } from '../engines/engine.js';
import type { Observer } from './observer.js';

/** The image that a checkpoint is about to write. */
export interface ImageReference {
  /** `id` of its manifest. */
  readonly id: string;
  /** Absolute path of its directory. */
  readonly directory: string;
}

/** What an event loop is busy with. */
export interface ActiveRequests {
  /** Names, as `process.getActiveResourcesInfo()` gives them. */
  readonly listed: readonly string[];
  /** Number of requests that are not among them: computations of `node:crypto` and `node:zlib`, work of addons. */
  readonly unlisted: number;
}

/** What somebody who asks for a checkpoint may say about the engine. */
export interface EngineChoice {
  /** Name, path or package. */
  readonly engine?: string | undefined;
  readonly engineOptions?: string | Readonly<Record<string, unknown>> | undefined;
}

/** The engine of one checkpoint, with its options. */
export interface ChosenEngine {
  readonly engine: Engine;
  readonly options: EngineOptionValues;
  /** Absolute path of its module; absent for the engines of this package. */
  readonly file?: string;
}

/** What a new image says about itself. */
export interface ImageDescription {
  readonly generation: number;
  /** Name of the engine. */
  readonly engine: string;
  /** Absolute path of the engine's module, when it is none of this package. */
  readonly engineFile?: string | undefined;
  readonly userData: Readonly<Record<string, string>>;
  readonly labels: ImageLabels;
}

/** What a checkpoint works with; the composition root fills it in, tests put in their own. */
export interface CheckpointParts {
  /** Finds the engine of a checkpoint; throws when there is no such engine or no such option. */
  readonly chooseEngine: (choice?: EngineChoice) => ChosenEngine;
  /** The application's resources. */
  readonly context: Context;
  /** The resources of Node itself, told after the application's and restored before them. */
  readonly runtime: Context;
  /** Makes another context of the resources of Node itself, which change nothing when they are restored as what the process is. */
  readonly rehearsal: (arrival: Arrival | undefined) => Context;
  /** Whether this is the main thread of the process. */
  readonly isMainThread: boolean;
  /** What begins in a restored process when all resources are back. */
  readonly mains: Mains;
  /** Worker threads, told of a checkpoint by one of the resources of Node itself. */
  readonly workers: {
    /** Waits until they have prepared themselves; from here they open nothing. Throws what failed in them. */
    settle(signal: AbortSignal): Promise<void>;
    /** Called when nothing but the engine's step is left: they wait from here until the resource is told of the end. */
    hold(): void;
    /** Waits until the application's resources in them have been told of the end; `undefined` when there are none. */
    returning(): Promise<void> | undefined;
  };
  /** Value of `CRAC_CHECKPOINT_TO`, the directory that applies if a caller names no other. */
  readonly configuredDirectory: () => string | undefined;
  /** Value of `CRAC_HEAP_SNAPSHOT_ON_FAILURE`. */
  readonly configuredHeapSnapshots: () => string | undefined;
  /** What keeps the event loop busy. */
  readonly activeRequests: () => ActiveRequests;
  /** Names what is among them and not listed, by its kind. May take its time. */
  readonly nameUnlisted: (count: number) => string;
  /** Tells the resources of Node itself how long requests in progress have to end, before they are told of the checkpoint. */
  readonly setDrainTimeout: (milliseconds: number | undefined) => void;
  /** Decides about everything that is open and does not travel by itself. */
  readonly inspect: (rules: InspectionRules) => Inspection;
  /** Gives all random numbers new beginnings: this process may be one of several copies that go on from the same state. */
  readonly renewRandomness: () => void;
  /** Puts the heap in order; called when nothing but the engine's step is left. */
  readonly tidy: () => void;
  /** Has V8 make no function faster in the first moments of a restored process; called when nothing but the engine's step is left. */
  readonly holdCompilers: () => void;
  /** Tells the owner of the program that something is not as it should be. */
  readonly warn: (sentence: string) => void;
  /** Who is told of checkpoints. */
  readonly observer: Observer;
  /** Writes the heap into a new file of that directory; returns its path, or nothing when it could not. */
  readonly writeHeapSnapshot: (directory: string) => string | undefined;
  /** How images are named. */
  readonly images: ImageNaming;
  /** Makes the description of a new image. */
  readonly describeImage: (image: ImageDescription) => DescribedImage;
}

/** Values by name, by which images are told apart. */
export type ImageLabels = Readonly<Record<string, string>>;

/** How images are named: the placeholders of their paths, and their labels. */
export interface ImageNaming {
  /** Refuses a path whose placeholders could not be replaced. */
  checkPath(path: string): void;
  /** Replaces the placeholders of a path by what they stand for now. */
  expandPath(path: string): string;
  /** The path that expands to `path` itself. */
  literalPath(path: string): string;
  /** The configured labels with those of the caller, which count more; refuses what no image can hold. */
  labels(given: ImageLabels): ImageLabels;
}

/** What is written down about an image besides the process itself. */
export interface DescribedImage {
  readonly id: string;
  /** Texts of the files of these names. */
  readonly manifest: string;
  readonly tags: string;
  readonly score: string;
}

/** One checkpoint that somebody asked for. */
export interface CheckpointRequest {
  /** Path of the image directory; absolute once it is named, with placeholders until its turn has come; empty if no image is to be written. */
  readonly directory: string;
  readonly chosen: ChosenEngine;
  readonly labels: ImageLabels;
  readonly keepRunning: boolean;
  readonly verify: boolean;
  /** Whether the program itself waits for the end, and goes on with work of its own. */
  readonly isAwaited: boolean;
  /** What the application wants to be kept with the image. */
  readonly userData: Readonly<Record<string, string>>;
  /** Everything up to the engine and back, to see whether it would work. */
  readonly dryRun: boolean;
  /** Milliseconds for everything up to the engine. */
  readonly timeout: number;
  /** Milliseconds that HTTP requests in progress have to end, if somebody said so. */
  readonly drainTimeout: number | undefined;
  /** Milliseconds that stopping all threads may take. */
  readonly stopTimeout: number;
  /** Descriptors that stay open up to the image and do not travel; asked anew at each step. */
  readonly placeholders: () => readonly number[];
  /** Absolute path of a directory for the heap of a process whose checkpoint failed, if it is wanted. */
  readonly heapSnapshots: string | undefined;
  /** What the caller has decided about descriptors; counts before the policies of the environment. */
  readonly policies: readonly ResourcePolicy[];
  /** Called when only the engine's step is left. */
  readonly onWriting: (image: ImageReference) => Promise<void>;
  /** Called when the checkpoint is done and the process is still there. */
  readonly onAnnounced: (state: EngineAnnouncement) => Promise<void>;
}
