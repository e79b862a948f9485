import { conceal, releaseConcealed, uncover } from '../core/concealed-memory.js';
import { lapseOf } from '../core/deadline.js';
import { Failures } from '../core/failures.js';
import { cracError } from '../errors.js';
import { type Answer, addFailure, nameOf } from './worker-answers.js';

/** What workers have said in one checkpoint. */
export class Attendance {
  /** Those whose resources have to be told of the end. */
  readonly taking: Set<number> = new Set();
  readonly advice: Map<number, string> = new Map();
  /** How many are prepared. */
  prepared = 0;
  readonly #begun = new Set<number>();
  readonly #busy = new Set<number>();
  /** What they have set aside, by thread. */
  readonly #secrets = new Map<number, Uint8Array>();
  readonly #before = new Failures();
  readonly #after = new Failures();
  #told: () => void = () => {};

  add(answer: Answer): void {
    const { kind, thread } = answer;
    if (kind === 'begun') {
      this.#begun.add(thread);
      this.#busy.add(thread);
      if (answer.takesPart) this.taking.add(thread);
    } else if (kind === 'prepared') {
      this.#end(thread);
      addFailure(this.#before, thread, answer.failure);
      this.#keepSecrets(thread, answer.secrets);
      for (const [fd, advice] of answer.advice) this.advice.set(fd, advice);
    } else if (kind === 'returned') {
      this.taking.delete(thread);
      addFailure(this.#after, thread, answer.failure);
    } else if (kind === 'gone') {
      this.#end(thread);
      this.taking.delete(thread);
      this.#dropSecrets(thread);
    }
    this.#told();
  }

  /** Leaves to the workers what they have set aside. */
  forgetSecrets(): void {
    for (const secrets of this.#secrets.values()) uncover(secrets);
  }

  /** Whether all these have begun to prepare themselves. */
  hasBegun(threads: ReadonlySet<number>): boolean {
    return [...threads].every((thread) => this.#begun.has(thread));
  }

  isBusy(): boolean {
    return this.#busy.size > 0;
  }

  /** Throws what failed before the image, and names those that did not end in time. */
  refuse(joined: ReadonlySet<number>, signal: AbortSignal): void {
    const late = new Set([...this.#busy, ...[...joined].filter((thread) => !this.#begun.has(thread))]);
    for (const thread of signal.aborted ? late : []) {
      const { owner: deadline, timeout } = lapseOf(signal);
      const resource = nameOf(thread);
      const error = cracError('ERR_CRAC_RESOURCE_TIMEOUT', {
        resource,
        phase: 'beforeCheckpoint',
        deadline,
        timeout,
      });
      this.#before.add(error, resource);
    }
    this.#before.throwCheckpointException();
  }

  async waitForReturn(): Promise<void> {
    while (this.taking.size > 0) {
      await new Promise<void>((resolve) => {
        this.#told = resolve;
      });
    }
    this.#after.throwRestoreException();
  }

  #keepSecrets(thread: number, secrets: Uint8Array | undefined): void {
    if (secrets === undefined) return;
    this.#secrets.set(thread, secrets);
    conceal(secrets);
  }

  /** Nobody takes them back. */
  #dropSecrets(thread: number): void {
    const secrets = this.#secrets.get(thread);
    if (secrets !== undefined) releaseConcealed(secrets);
    this.#secrets.delete(thread);
  }

  #end(thread: number): void {
    if (this.#busy.delete(thread)) this.prepared += 1;
  }
}
