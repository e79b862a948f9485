import { checkOptions } from '../core/arguments.js';
import { keptOpen } from '../core/kept-open.js';
import type { CheckpointOutcome, CheckpointRecord, RestoreRecord } from '../core/records.js';
import type { RestoreInfo } from '../core/restore-info.js';
import { AVAILABILITY_STATUSES, type Availability } from '../engines/engine.js';
import { cracError } from '../errors.js';
import { CheckpointException } from '../exceptions.js';
import { attempts } from './attempt.js';
import { checkpoint } from './checkpoint.js';
import {
  type CheckpointAttachment,
  type CheckpointOptions,
  type Configured,
  type PrepareOptions,
  toPreparation,
  toRequest,
} from './checkpoint-options.js';
import type { CheckpointParts, CheckpointRequest } from './checkpoint-parts.js';
import { availabilityOf, chooseEngine, configuredAvailability, configuredEngine } from './choose-engine.js';
import { history, uptimeSinceRestore } from './history.js';
import { nameImage } from './name-image.js';
import { isInsideNotification } from './notification.js';
import type { ResumeData } from './resume-data.js';
import { isPrepared, prepare, resume } from './two-step.js';

/** What can be asked of the one process that this is. */
export interface Manager {
  checkpoint(options?: CheckpointOptions, attachment?: CheckpointAttachment): Promise<RestoreInfo>;
  /** Everything up to the engine; the turn is kept until `resume()`. */
  prepare(options?: PrepareOptions): Promise<void>;
  /** Everything after the engine. */
  resume(data?: ResumeData): Promise<RestoreInfo>;
  /** Whether it waits for `resume()`. */
  isPrepared(): boolean;
  /** Gives all random numbers new beginnings. */
  renewRandomness(): void;
  availability(): Availability;
  /** Name of the engine of checkpoints that name none. */
  engine(): string;
  restoreTime(): number;
  uptimeSinceRestore(): number;
  lastCheckpoint(): CheckpointRecord | undefined;
  lastRestore(): RestoreRecord | undefined;
  /** How many checkpoints ended in which way, and how many restores lie behind the process. */
  counts(): Counts;
}

/** Numbers since the program was started, by whatever process. */
export type Counts = { readonly [Outcome in CheckpointOutcome]: number } & { readonly restored: number };

/** Puts the rules of who may ask for what, and when, in front of the orchestrator. */
export function createManager(parts: CheckpointParts): Manager {
  return {
    async checkpoint(options = {}, attachment) {
      refuseUnlessPossible(parts, 'checkpointRestore');
      checkOptions(options);
      const chosen = chooseEngine(parts, options);
      const where = configured(parts, rememberDirectory(parts));
      const request = nameImage(parts, toRequest(options, where, chosen, attachment));
      refuseUnlessAble(parts, request);
      return checkpoint(parts, request);
    },

    async prepare(options = {}) {
      refuseUnlessPossible(parts, 'prepare');
      checkOptions(options);
      return prepare(
        parts,
        toPreparation(options, keptOpen, configured(parts, undefined), chooseEngine(parts)),
      );
    },

    async resume(data) {
      if (isInsideNotification()) throw cracError('ERR_CRAC_RECURSIVE_CALL', { call: 'resume' });
      return resume(parts, data);
    },

    isPrepared,

    renewRandomness: parts.renewRandomness,

    availability() {
      if (parts.isMainThread) return configuredAvailability(parts);
      return {
        status: 'never',
        reason: 'A checkpoint holds the whole process: ask for it in the main thread.',
      };
    },

    engine: () => configuredEngine(parts),

    restoreTime: () => history().restored?.when.startedAt ?? -1,

    uptimeSinceRestore,

    lastCheckpoint: () => attempts().last,

    lastRestore() {
      const { restored } = history();
      if (restored === undefined) return undefined;
      const { when, runtime, application } = restored;
      const { startedAt, duration: engine } = when;
      return { startedAt, engine, runtime, application };
    },

    counts: () => ({ ...attempts().counts, restored: history().generation }),
  };
}

function refuseUnlessPossible({ isMainThread }: CheckpointParts, call: string): void {
  if (!isMainThread) refuse(cracError('ERR_CRAC_WORKER_THREAD', { call }));
  if (isInsideNotification()) refuse(cracError('ERR_CRAC_RECURSIVE_CALL', { call }));
  if (isPrepared()) refuse(cracError('ERR_CRAC_ALREADY_PREPARED', {}));
}

/** The configured directory; one of the image applies as long as no restore brings another. */
function rememberDirectory({ configuredDirectory }: CheckpointParts): string | undefined {
  const past = history();
  past.configuredDirectory = configuredDirectory() || past.configuredDirectory;
  return past.configuredDirectory;
}

function configured(parts: CheckpointParts, directory: string | undefined): Configured {
  return { directory, heapSnapshots: parts.configuredHeapSnapshots() };
}

function refuseUnlessAble(
  { warn }: CheckpointParts,
  { directory, keepRunning, dryRun, chosen }: CheckpointRequest,
): void {
  const { name, capabilities } = chosen.engine;
  const needsDirectory = capabilities.directory !== false && !dryRun;
  if (directory === '' && needsDirectory) refuse(cracError('ERR_CRAC_NOT_CONFIGURED', {}));
  const { status, reason = 'it does not say why.' } = availabilityOf(chosen, directory);
  if (status === 'never') refuse(cracError('ERR_CRAC_UNAVAILABLE', { engine: name, reason }));
  if (!AVAILABILITY_STATUSES.includes(status)) {
    warn(`Engine ${name} says of its availability "${status}", which is unknown: the checkpoint is tried.`);
  }
  if (keepRunning && !capabilities.keepRunning) {
    refuse(cracError('ERR_CRAC_ENGINE_LACKS', { engine: name, capability: 'keepRunning' }));
  }
}

function refuse(error: Error): never {
  throw new CheckpointException([error]);
}
