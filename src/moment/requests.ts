import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ServerResponse } from 'node:http';

const STARTED = 'http.server.request.start';
const FINISHED = 'http.server.response.finish';

/** What the HTTP servers of this thread have been asked since the watch began. */
export interface RequestWatch {
  /** Requests that were answered completely. */
  readonly finished: number;
  readonly inProgress: number;
  /** Resolves after the next answer. */
  next(): Promise<void>;
  stop(): void;
}

/** Counts the requests that the HTTP/1 servers of this thread answer. One whose client has gone is no longer in progress. */
export function watchRequests(): RequestWatch {
  let [inProgress, finished] = [0, 0];
  let waiting: (() => void)[] = [];
  const onStart = (message: unknown): void => {
    const { response } = message as { readonly response: ServerResponse };
    inProgress += 1;
    response.once('close', () => {
      inProgress -= 1;
    });
  };
  const onFinish = (): void => {
    finished += 1;
    for (const resolve of waiting) resolve();
    waiting = [];
  };
  subscribe(STARTED, onStart);
  subscribe(FINISHED, onFinish);
  return {
    get finished() {
      return finished;
    },
    get inProgress() {
      return inProgress;
    },
    next: () => new Promise((resolve) => waiting.push(resolve)),
    stop() {
      unsubscribe(STARTED, onStart);
      unsubscribe(FINISHED, onFinish);
    },
  };
}
