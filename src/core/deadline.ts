/** Why a deadline's signal was aborted. */
export interface Lapse {
  /** Whose deadline passed: `resource db`, `context global`, `the checkpoint`. */
  readonly owner: string;
  /** Milliseconds of that deadline. */
  readonly timeout: number;
}

/** A running deadline. Whoever starts it cancels it. */
export interface Deadline {
  /** Aborted with a {@link Lapse} when this deadline or that of its parent has passed. */
  readonly signal: AbortSignal;
  /** Whether it can pass at all. */
  readonly limited: boolean;
  cancel(): void;
}

/** Longest delay of a timer; longer deadlines count as none. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Starts a deadline that also ends with `parent`; without a `timeout` it ends only with that. */
export function startDeadline(owner: string, timeout: number | undefined, parent?: AbortSignal): Deadline {
  return timeout === undefined && parent === undefined ? new Endless() : limit(owner, timeout, parent);
}

/** A deadline that never passes, as most are after a restore: its signal is only made for those who look at it. */
class Endless implements Deadline {
  readonly limited = false;
  #signal: AbortSignal | undefined;

  get signal(): AbortSignal {
    this.#signal ??= new AbortController().signal;
    return this.#signal;
  }

  cancel(): void {}
}

function limit(owner: string, timeout: number | undefined, parent: AbortSignal | undefined): Deadline {
  const controller = new AbortController();
  const lapse: Lapse = { owner, timeout: timeout ?? Number.POSITIVE_INFINITY };
  const timer =
    lapse.timeout <= LONGEST_TIMER ? setTimeout(() => controller.abort(lapse), lapse.timeout) : undefined;
  const follow = (): void => controller.abort(parent?.reason);
  if (parent?.aborted) follow();
  parent?.addEventListener('abort', follow);
  return {
    signal: controller.signal,
    limited: true,
    cancel() {
      clearTimeout(timer);
      parent?.removeEventListener('abort', follow);
    },
  };
}

/** Reads the reason of an aborted signal, which somebody else may have aborted for reasons of his own. */
export function lapseOf(signal: AbortSignal): Lapse {
  const reason: unknown = signal.reason;
  return isLapse(reason) ? reason : { owner: 'the caller', timeout: 0 };
}

/**
 * Waits for `work`, but not after the deadline has passed: then the promise rejects with what `late` makes of the lapse, and the
 * outcome of the work is ignored. `grace` gives work that watches the signal one turn of the event loop to tell more.
 */
export function within(
  deadline: Deadline,
  work: PromiseLike<void>,
  late: (lapse: Lapse) => Error,
  grace = false,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (!deadline.limited) return void work.then(resolve, reject);
    const { signal } = deadline;
    const giveUp = (): void => reject(late(lapseOf(signal)));
    const onAbort = (): void => void (grace ? setTimeout(giveUp) : giveUp());
    const end = (settle: () => void): void => {
      signal.removeEventListener('abort', onAbort);
      settle();
    };
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort);
    work.then(
      () => end(resolve),
      (error: unknown) => end(() => reject(error)),
    );
  });
}

function isLapse(reason: unknown): reason is Lapse {
  return typeof reason === 'object' && reason !== null && 'owner' in reason && 'timeout' in reason;
}

/** Whether a value has to be waited for. */
export function isPromiseLike(value: unknown): value is PromiseLike<void> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
