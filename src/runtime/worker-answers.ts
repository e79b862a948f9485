import type { Failures } from '../core/failures.js';
import { type DescribedError, describeError } from '../errors.js';
import { CheckpointException, CracException } from '../exceptions.js';

/** Name of the channel on which worker threads answer; `register.ts`, which imports nothing, has it too. */
export const ANSWERS_NAME = 'node-crac.v1.answers';

/** What a worker thread says to the main thread. */
export type Answer =
  | {
      /** Its preparation has begun. */
      readonly kind: 'begun';
      readonly thread: number;
      /** Whether the program has registered resources in it, which will be told of the end. */
      readonly takesPart: boolean;
    }
  | {
      /** It is ready for the image. */
      readonly kind: 'prepared';
      readonly thread: number;
      readonly failure?: DescribedError | undefined;
      /** What is known of sockets that it could not close, by descriptor. */
      readonly advice: readonly (readonly [fd: number, advice: string])[];
      /** Memory to which its secrets were moved. */
      readonly secrets?: Uint8Array | undefined;
    }
  | {
      /** Its resources have been told of the end. */
      readonly kind: 'returned';
      readonly thread: number;
      readonly failure?: DescribedError | undefined;
    }
  | {
      /** It has ended; another thread says so. */
      readonly kind: 'gone';
      readonly thread: number;
    };

/** Everything that failed in a thread, so that another one can read it; `undefined` when nothing did. */
export function describeFailures(failures: Failures): DescribedError | undefined {
  try {
    failures.throwCheckpointException();
    return undefined;
  } catch (error) {
    return describeError(error);
  }
}

/** Adds what failed in a worker thread, under its name and those of its resources. */
export function addFailure(failures: Failures, thread: number, failure: DescribedError | undefined): void {
  if (failure === undefined) return;
  const { errors = [], details } = failure;
  const { resources = [] } = (details ?? {}) as { readonly resources?: readonly (string | null)[] };
  failures.add(new CheckpointException(errors.map(revive), resources), nameOf(thread));
}

/** How a worker thread is called in messages. */
export function nameOf(thread: number): string {
  return `worker thread ${thread}`;
}

function revive({ name, message, code, details, stack, cause }: DescribedError): Error {
  const reason = cause === undefined ? undefined : revive(cause);
  const error = code?.startsWith('ERR_CRAC_')
    ? new CracException(code, message, details ?? {}, reason)
    : Object.assign(new Error(message, reason && { cause: reason }), code !== undefined && { code });
  for (const [key, value] of Object.entries({ name, stack })) {
    Object.defineProperty(error, key, { value, configurable: true, writable: true });
  }
  return error;
}
