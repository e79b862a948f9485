import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { lapseOf, startDeadline } from '../core/deadline.js';
import { cracError } from '../errors.js';

/** Requests on libuv's thread pool that touch descriptors, as `process.getActiveResourcesInfo()` calls them. */
export const THREAD_POOL_REQUESTS = [
  'CloseReq',
  'FSReqCallback',
  'FSReqPromise',
  'GetAddrInfoReqWrap',
  'GetNameInfoReqWrap',
] as const;

/** Milliseconds that requests in flight have to end, unless the whole checkpoint has fewer left. */
const QUIESCE_TIMEOUT = 5000;

/** Waits until no request is on the thread pool and handles that were closed are gone. */
export async function quiesce(activeResources: () => readonly string[], signal: AbortSignal): Promise<void> {
  const deadline = startDeadline('requests in flight', QUIESCE_TIMEOUT, signal);
  try {
    await nextTurn();
    await nextTurn();
    await waitForRequests(activeResources, deadline.signal);
  } finally {
    deadline.cancel();
  }
}

async function waitForRequests(activeResources: () => readonly string[], signal: AbortSignal): Promise<void> {
  for (;;) {
    const requests = countRequests(activeResources());
    if (Object.keys(requests).length === 0) return;
    if (signal.aborted)
      throw cracError('ERR_CRAC_REQUESTS_IN_FLIGHT', { requests, timeout: lapseOf(signal).timeout });
    await sleep(1);
  }
}

function countRequests(active: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of active) {
    if (isThreadPoolRequest(name)) counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

function isThreadPoolRequest(name: string): boolean {
  return (THREAD_POOL_REQUESTS as readonly string[]).includes(name);
}
