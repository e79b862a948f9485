import { resolve } from 'node:path';
import { checkOptions } from '../core/arguments.js';
import { checkPolicies } from '../descriptors/policies/parse-policies.js';
import type { ResourcePolicy } from '../descriptors/policies/policy.js';
import type { EngineAnnouncement, EngineOptionValue } from '../engines/engine.js';
import { cracError } from '../errors.js';
import type { CheckpointRequest, ChosenEngine, ImageLabels, ImageReference } from './checkpoint-parts.js';

/** How a checkpoint is made. */
export interface CheckpointOptions {
  /**
   * Image directory; created if only its parent exists. May hold placeholders, which are replaced when the image is made: `%g` by the
   * number of the generation, `%t` by the time, and others; `%%` is a percent sign.
   * @default the environment variable `CRAC_CHECKPOINT_TO`; after a
   * restore that does not set it, its value at the checkpoint
   */
  readonly directory?: string;
  /** Go on running after the image was written instead of exiting with status 0. @default false */
  readonly keepRunning?: boolean;
  /** Read the image back and compare it with the stopped process, byte for byte. @default false */
  readonly verify?: boolean;
  /**
   * Milliseconds for everything up to the writing of the image: telling all resources, waiting for requests. What misses it is named
   * in the exception. `Infinity` for no limit. @default 60000
   */
  readonly timeout?: number;
  /**
   * Milliseconds that HTTP requests in progress have to end, in both directions, of the time for everything.
   * @default the environment variable `CRAC_DRAIN_TIMEOUT`, else 5000
   */
  readonly drainTimeout?: number;
  /** Milliseconds that stopping all threads may take. @default 5000 */
  readonly stopTimeout?: number;
  /**
   * What becomes of descriptors that the application leaves open; of several rules that fit the first counts.
   * They come before those of the file that `CRAC_RESOURCE_POLICIES` names. @default none
   */
  readonly policies?: readonly ResourcePolicy[];
  /**
   * Engine that makes the checkpoint: its name (`native`, `pause`, `simulate`), the path of its module, or the name of its package.
   * @default the environment variable `CRAC_ENGINE`, else `native` on Linux x86-64 and `simulate` elsewhere
   */
  readonly engine?: string;
  /** Options of the engine, also as text: `key=value,key2`. They count before those of the environment. @default none */
  readonly engineOptions?: string | Readonly<Record<string, EngineOptionValue>>;
  /** Texts that are kept with the image, readable in `manifest.json`. @default none */
  readonly userData?: Readonly<Record<string, string>>;
  /**
   * Do everything but write the image: tell all resources, wait, inspect, and bring all of them back. The call returns when a checkpoint
   * would have got to its image, and throws what it would have thrown. No directory has to be named. @default false
   */
  readonly dryRun?: boolean;
  /**
   * Directory into which the heap is written when the checkpoint fails before its image is begun, as it is then; `details.heapSnapshot`
   * of the exception names the file. It holds all secrets of the process.
   * @default the environment variable `CRAC_HEAP_SNAPSHOT_ON_FAILURE`
   */
  readonly heapSnapshotOnFailure?: string;
  /**
   * Labels of the image, by which restores can choose and refuse it. They are added to those of the environment variable
   * `CRAC_IMAGE_LABELS` and count more. @default none
   */
  readonly labels?: Readonly<Record<string, string>>;
}

/** How a process is prepared for a snapshot that somebody else takes. */
export interface PrepareOptions extends Pick<CheckpointOptions, 'timeout' | 'drainTimeout'> {
  /**
   * Milliseconds within which the process has to be resumed. When they have passed it goes on as the original, as after `resume()`, and a warning
   * says so. They count by monotonic time, which stands still while a machine is suspended or saved. `Infinity` for no limit. @default 300000
   */
  readonly deadline?: number;
  /**
   * Leave the bytes of secrets in memory, where whoever has the snapshot finds them. Otherwise they are zeroed, and read again from where they came
   * when the process goes on, whether it is a copy or not; one that came from the environment comes back with `resume({ env })` only. @default false
   */
  readonly keepSecrets?: boolean;
}

/** What becomes of a process that was prepared, and what it waits for. */
export interface Preparation {
  readonly request: CheckpointRequest;
  /** Milliseconds within which it has to be resumed. */
  readonly deadline: number;
  readonly keepSecrets: boolean;
}

/** How a checkpoint ties in with whoever asked for it from outside. */
export interface CheckpointAttachment {
  /** Descriptors that stay open up to the image and do not travel; read anew at each step. */
  readonly placeholders: readonly number[];
  /** Called when only the engine's step is left. */
  onWriting(image: ImageReference): Promise<void>;
  /** Called when the checkpoint is done and the process is still there. */
  onAnnounced?(state: EngineAnnouncement): Promise<void>;
}

type AllOptions = CheckpointOptions & PrepareOptions;

const DEFAULT_TIMEOUT = 60_000;

/** Milliseconds within which a prepared process has to be resumed when nobody says so. */
export const DEFAULT_DEADLINE = 300_000;
const DEFAULT_STOP_TIMEOUT = 5000;

/** What the environment says where a caller says nothing. */
export interface Configured {
  readonly directory?: string | undefined;
  readonly heapSnapshots?: string | undefined;
}

/**
 * Fills in what the caller left out.
 *
 * @throws {CracException} `ERR_CRAC_INVALID_ARGUMENT`
 */
export function toRequest(
  options: CheckpointOptions,
  { directory: configuredDirectory, heapSnapshots: configuredHeapSnapshots }: Configured,
  chosen: ChosenEngine,
  attachment?: CheckpointAttachment,
): CheckpointRequest {
  const heapSnapshots =
    check(options, 'heapSnapshotOnFailure', 'string', undefined) || configuredHeapSnapshots;
  return {
    directory: check(options, 'directory', 'string', undefined) || configuredDirectory || '',
    labels: checkLabels(options.labels),
    chosen,
    keepRunning: check(options, 'keepRunning', 'boolean', false),
    verify: check(options, 'verify', 'boolean', false),
    isAwaited: attachment === undefined,
    dryRun: check(options, 'dryRun', 'boolean', false),
    heapSnapshots: heapSnapshots ? resolve(heapSnapshots) : undefined,
    timeout: checkDuration(options, 'timeout', DEFAULT_TIMEOUT),
    drainTimeout: checkDrainTimeout(options),
    stopTimeout: checkDuration(options, 'stopTimeout', DEFAULT_STOP_TIMEOUT),
    policies: checkPolicies(options.policies ?? []),
    placeholders: () => attachment?.placeholders ?? [],
    userData: checkUserData(options.userData ?? {}),
    onWriting: async (image) => attachment?.onWriting(image),
    onAnnounced: async (state) => attachment?.onAnnounced?.(state),
  };
}

/**
 * The same for a process that is to be prepared. `keptOpen` are descriptors that stay open meanwhile.
 *
 * @throws {CracException} `ERR_CRAC_INVALID_ARGUMENT`
 */
export function toPreparation(
  options: PrepareOptions,
  keptOpen: () => readonly number[],
  configured: Configured,
  chosen: ChosenEngine,
): Preparation {
  const { timeout, drainTimeout } = options;
  const request = toRequest(
    { ...(timeout !== undefined && { timeout }), ...(drainTimeout !== undefined && { drainTimeout }) },
    configured,
    chosen,
  );
  return {
    request: { ...request, placeholders: keptOpen },
    deadline: checkDuration(options, 'deadline', DEFAULT_DEADLINE),
    keepSecrets: check(options, 'keepSecrets', 'boolean', false),
  };
}

function checkUserData(userData: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  checkOptions(userData, 'userData');
  const wrong = Object.entries(userData).find(([, value]) => typeof value !== 'string');
  if (wrong === undefined) return userData as Readonly<Record<string, string>>;
  const [name, value] = wrong;
  throw cracError('ERR_CRAC_INVALID_ARGUMENT', {
    argument: `userData.${name}`,
    expected: 'a text',
    received: typeof value,
  });
}

function checkLabels(labels: unknown): ImageLabels {
  if (labels === undefined) return {};
  if (typeof labels === 'object' && labels !== null && !Array.isArray(labels)) return labels as ImageLabels;
  throw cracError('ERR_CRAC_INVALID_ARGUMENT', {
    argument: 'labels',
    expected: 'an object of strings by name',
    received: typeof labels,
  });
}

function checkDrainTimeout(options: CheckpointOptions): number | undefined {
  const value = check(options, 'drainTimeout', 'number', undefined);
  if (value === undefined || value >= 0) return value;
  throw cracError('ERR_CRAC_INVALID_ARGUMENT', {
    argument: 'drainTimeout',
    expected: 'a number of milliseconds',
    received: String(value),
  });
}

function checkDuration(
  options: AllOptions,
  name: 'timeout' | 'stopTimeout' | 'deadline',
  otherwise: number,
): number {
  const value = check(options, name, 'number', otherwise);
  if (value > 0) return value;
  throw cracError('ERR_CRAC_INVALID_ARGUMENT', {
    argument: name,
    expected: 'a positive number of milliseconds',
    received: String(value),
  });
}

function check<Name extends keyof AllOptions, Otherwise>(
  options: AllOptions,
  name: Name,
  type: 'string' | 'boolean' | 'number',
  otherwise: Otherwise,
): NonNullable<AllOptions[Name]> | Otherwise {
  const value = options[name];
  if (value === undefined) return otherwise;
  if (typeof value === type) return value;
  throw cracError('ERR_CRAC_INVALID_ARGUMENT', {
    argument: name,
    expected: `a ${type}`,
    received: typeof value,
  });
}
