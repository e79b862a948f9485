import { subscribe, unsubscribe } from 'node:diagnostics_channel';

const STARTED = 'http.server.request.start';
const FINISHED = 'http.server.response.finish';

/** What the HTTP servers of this thread have been asked since the watch began. */
export interface RequestWatch {
  /** Requests that were answered completely. */
  readonly finished: number;
  readonly inProgress: number;
  /** When the last answer was complete, by `performance.now()`. */
  readonly lastFinish: number;
  /** Resolves after the next answer. */
  next(): Promise<void>;
  stop(): void;
}

/** Counts the requests that the HTTP/1 servers of this thread answer. */
export function watchRequests(): RequestWatch {
  let [started, finished, lastFinish] = [0, 0, Number.NaN];
  let waiting: (() => void)[] = [];
  const onStart = (): void => {
    started += 1;
  };
  const onFinish = (): void => {
    finished += 1;
    lastFinish = performance.now();
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
      return Math.max(0, started - finished);
    },
    get lastFinish() {
      return lastFinish;
    },
    next: () => new Promise((resolve) => waiting.push(resolve)),
    stop() {
      unsubscribe(STARTED, onStart);
      unsubscribe(FINISHED, onFinish);
    },
  };
}
