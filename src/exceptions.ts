/** The classes of errors. Sentences and codes are in `errors.ts`. */
import type { OpenDescriptorDetails } from './error-details.js';

const BRAND = Symbol.for('node-crac.exception');

/**
 * Base class of all errors of this package.
 *
 * Test for it with {@link isCracException} rather than `instanceof`: a program may hold two copies of the package.
 */
export class CracException extends Error {
  /** Stable identifier, `ERR_CRAC_...`. */
  readonly code: string;
  /** Facts about the failure; their shape depends on `code`. */
  readonly details: object;

  constructor(code: string, message: string, details: object = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
  }

  static {
    Object.defineProperty(CracException.prototype, BRAND, { value: true });
    nameClass(CracException, 'CracException');
  }
}

/** An exception that only collects others: every failure of one checkpoint or of one restore. */
class CollectingException extends CracException {
  /** Every cause, in the order in which they happened. Never nested: failures of inner contexts are flattened into it. */
  readonly errors: readonly Error[];
  /** For each element of `errors` the name of the resource that it came from, or `null`. */
  declare readonly details: {
    readonly resources: readonly (string | null)[];
    /** The file with the heap as it was then, of a checkpoint that was asked to write one when it fails. */
    readonly heapSnapshot?: string;
  };

  constructor(
    code: string,
    summary: string,
    errors: readonly Error[],
    resources: readonly (string | null)[],
    heapSnapshot?: string,
  ) {
    const named = errors.map((_, index) => resources[index] ?? null);
    super(
      code,
      listCauses(summary, errors, named),
      { resources: named, ...(heapSnapshot !== undefined && { heapSnapshot }) },
      errors.length === 1 ? errors[0] : undefined,
    );
    this.errors = errors;
  }
}

/** A checkpoint failed: no image was written and the process runs on as before. The causes are in `errors`. */
export class CheckpointException extends CollectingException {
  /**
   * @param errors - The causes.
   * @param resources - For each cause the name of the resource that it came from, or `null`.
   * @param heapSnapshot - The file with the heap as it was then, if there is one.
   */
  constructor(
    errors: readonly Error[] = [],
    resources: readonly (string | null)[] = [],
    heapSnapshot?: string,
  ) {
    const summary = 'The checkpoint failed and the process runs on';
    super('ERR_CRAC_CHECKPOINT_FAILED', summary, errors, resources, heapSnapshot);
  }

  static {
    nameClass(CheckpointException, 'CheckpointException');
  }
}

/** The process was restored, or goes on after a checkpoint, and some resource could not follow. The causes are in `errors`. */
export class RestoreException extends CollectingException {
  /**
   * @param errors - The causes.
   * @param resources - For each cause the name of the resource that it came from, or `null`.
   */
  constructor(errors: readonly Error[] = [], resources: readonly (string | null)[] = []) {
    super('ERR_CRAC_RESTORE_FAILED', 'The process runs, but not everything came back', errors, resources);
  }

  static {
    nameClass(RestoreException, 'RestoreException');
  }
}

/** Something is open that cannot travel in an image: a child process, a file watcher, a timer descriptor, ... */
export class CheckpointOpenResourceException extends CracException {
  static {
    nameClass(CheckpointOpenResourceException, 'CheckpointOpenResourceException');
  }
}

/** A file, directory or fifo is open that cannot travel in an image. */
export class CheckpointOpenFileException extends CheckpointOpenResourceException {
  declare readonly details: OpenDescriptorDetails;

  static {
    nameClass(CheckpointOpenFileException, 'CheckpointOpenFileException');
  }
}

/** A socket is open that cannot travel in an image. */
export class CheckpointOpenSocketException extends CheckpointOpenResourceException {
  declare readonly details: OpenDescriptorDetails;

  static {
    nameClass(CheckpointOpenSocketException, 'CheckpointOpenSocketException');
  }
}

/**
 * Whether `value` is an error of this package, whichever copy of the package made it.
 *
 * @example
 * ```js
 * import { isCracException } from 'node-crac';
 *
 * isCracException(new Error('another one')); // false
 * ```
 */
export function isCracException(value: unknown): value is CracException {
  return typeof value === 'object' && value !== null && BRAND in value;
}

/** Whether `value` is a collecting exception: failures of a checkpoint or of a restore, to be flattened. */
export function isCollectingException(value: unknown): value is CheckpointException | RestoreException {
  return isCracException(value) && 'errors' in value && Array.isArray(value.errors);
}

function nameClass(type: { readonly prototype: object }, name: string): void {
  Object.defineProperty(type.prototype, 'name', { value: name, configurable: true, writable: true });
}

function listCauses(
  summary: string,
  errors: readonly Error[],
  resources: readonly (string | null)[],
): string {
  const causes = errors.map((error, index) => {
    const resource = resources[index] ?? null;
    const text = describeCause(error);
    return (resource === null ? text : `[${resource}] ${text}`).replaceAll('\n', '\n     ');
  });
  if (causes.length === 0) return `${summary}.`;
  if (causes.length === 1) return `${summary}: ${causes[0]}`;
  return `${summary}, for ${causes.length} reasons:${causes.map((cause, index) => `\n  ${index + 1}. ${cause}`).join('')}`;
}

/** What an error says; its object may be the program's own and fail at being read. */
function describeCause(error: Error): string {
  try {
    return isCracException(error)
      ? error.message
      : `${error.name}: ${error.message || describeMembers(error)}`;
  } catch {
    return 'an error that cannot be read';
  }
}

/** Node.js leaves the message of an `AggregateError` empty when a host could be reached at none of its addresses. */
function describeMembers(error: Error): string {
  const { errors, code } = error as { errors?: unknown; code?: unknown };
  const messages = Array.isArray(errors) ? errors.map((member) => String(member?.message ?? member)) : [];
  return messages.join('; ') || String(code ?? '');
}
