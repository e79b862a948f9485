import type { TracingChannel } from 'node:diagnostics_channel';
import { isPromiseLike } from '../core/deadline.js';

/** A message of a tracing channel: one object from the start of a call to its end. */
export interface Traced<Result = unknown> {
  /** Milliseconds; present when the call has ended. */
  duration?: number;
  /** What it threw. */
  error?: unknown;
  result?: Result;
}

/**
 * Carries out a call, publishes it as Node.js publishes its own (`start` and `end`, for a promise `asyncStart` and `asyncEnd` as well,
 * `error` before them), and tells `ended` last.
 */
export function trace<Outcome>(
  channel: TracingChannel | undefined,
  message: Traced,
  call: () => Outcome,
  ended: () => void,
): Outcome {
  const began = performance.now();
  const settle = (): void => {
    message.duration = performance.now() - began;
  };
  const fail = (error: unknown): void => {
    settle();
    message.error = error;
    channel?.error.publish(message);
  };
  const endLater = (): void => {
    channel?.asyncStart.publish(message);
    channel?.asyncEnd.publish(message);
    ended();
  };
  const run = (): Outcome => {
    let isLater = false;
    try {
      const outcome = call();
      isLater = isPromiseLike(outcome);
      if (isLater) return follow(outcome);
      settle();
      return outcome;
    } catch (error) {
      fail(error);
      throw error;
    } finally {
      channel?.end.publish(message);
      if (!isLater) ended();
    }
  };
  const follow = (outcome: Outcome): Outcome => {
    const promise = outcome as PromiseLike<unknown>;
    return promise.then(
      (result) => {
        settle();
        message.result = result;
        endLater();
        return result;
      },
      (error: unknown) => {
        fail(error);
        endLater();
        throw error;
      },
    ) as Outcome;
  };
  return channel === undefined ? run() : channel.start.runStores(message, run);
}
