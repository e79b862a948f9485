import type { Phase } from '../error-details.js';
import { cracError } from '../errors.js';
import { CheckpointException, isCollectingException, RestoreException } from '../exceptions.js';
import { describeValue } from './describe-value.js';

/** Collects what went wrong during one notification or one whole checkpoint, without nesting. */
export class Failures {
  readonly #errors: Error[] = [];
  readonly #resources: (string | null)[] = [];

  get size(): number {
    return this.#errors.length;
  }

  get errors(): readonly Error[] {
    return this.#errors;
  }

  /** Adds a failure of `resource`; a collecting exception is replaced by the failures in it. */
  add(error: unknown, resource: string | null = null, phase: Phase = 'beforeCheckpoint'): void {
    if (isCollectingException(error) && error.errors.length > 0) {
      error.errors.forEach((inner, index) => {
        this.#push(inner, joinNames(resource, error.details.resources[index] ?? null));
      });
      return;
    }
    this.#push(
      error instanceof Error ? error : describeThrown(error, resource ?? 'a resource', phase),
      resource,
    );
  }

  addAll(errors: readonly Error[]): void {
    for (const error of errors) this.add(error);
  }

  /** Waits for `work` and adds what it throws. */
  async collect(work: () => void | PromiseLike<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.add(error);
    }
  }

  /** Throws if there are any, together with what failed in undoing the checkpoint. */
  throwCheckpointException(undoing: Failures = new Failures(), heapSnapshot?: string): void {
    if (this.size === 0) return;
    const errors = [...this.#errors, ...undoing.#errors];
    throw new CheckpointException(errors, [...this.#resources, ...undoing.#resources], heapSnapshot);
  }

  throwRestoreException(): void {
    if (this.size > 0) throw new RestoreException(this.#errors, this.#resources);
  }

  #push(error: Error, resource: string | null): void {
    this.#errors.push(error);
    this.#resources.push(resource);
  }
}

function describeThrown(value: unknown, resource: string, phase: Phase): Error {
  return cracError('ERR_CRAC_RESOURCE_THREW', { resource, phase, thrown: describeValue(value) }, value);
}

/** An inner context's name comes before the name of its resource. */
function joinNames(outer: string | null, inner: string | null): string | null {
  if (outer === null) return inner;
  return inner === null ? outer : `${outer} > ${inner}`;
}
