/** The text of the `Date` header that `http` keeps for the rest of a second. */
export interface DateCache {
  /** Looks for the way to empty it; once found, it stays. `false` when there is one and it was not found. */
  find(): boolean;
  /** Has the next answer tell the time of day. */
  empty(): void;
}

/** A timer as Node keeps it: in a ring with all others of the same delay. */
interface Linked {
  readonly _idleNext?: Linked;
  readonly _onTimeout?: unknown;
}

/** Delays of the timer that empties the cache: up to the end of the second in which it was filled. */
const LONGEST_DELAY = 1000;

/** Makes the handle of this thread's cache, which exists once `http` was loaded. */
export function createDateCache(): DateCache {
  let reset: (() => void) | undefined;
  return {
    find() {
      if (reset !== undefined || !isHttpLoaded()) return true;
      fill();
      reset = findReset();
      return reset !== undefined;
    },
    empty: () => reset?.(),
  };
}

function isHttpLoaded(): boolean {
  const { moduleLoadList } = process as { moduleLoadList?: readonly string[] };
  return moduleLoadList?.includes('NativeModule internal/http') ?? true;
}

/** An answer that nobody gets. The timer is started with it, unless it is running. */
function fill(): void {
  const { IncomingMessage, ServerResponse } = process.getBuiltinModule('node:http');
  const { Socket } = process.getBuiltinModule('node:net');
  new ServerResponse(new IncomingMessage(new Socket())).writeHead(200);
}

/** The function is nowhere but in its timer, and that only beside others of the same delay: so some are put there for a moment. */
function findReset(): (() => void) | undefined {
  for (let delay = 1; delay <= LONGEST_DELAY; delay += 1) {
    const own = setTimeout(() => {}, delay);
    const found = neighbours(own).find(isReset);
    clearTimeout(own);
    if (found !== undefined) return found;
  }
  return undefined;
}

function neighbours(own: unknown): readonly unknown[] {
  const callbacks: unknown[] = [];
  for (let at = (own as Linked)._idleNext; at !== undefined && at !== own; at = at._idleNext)
    callbacks.push(at._onTimeout);
  return callbacks;
}

function isReset(callback: unknown): callback is () => void {
  return (
    typeof callback === 'function' && callback.name === 'resetCache' && String(callback).includes('utcCache')
  );
}
