import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { lapseOf, startDeadline } from '../core/deadline.js';
import { cracError } from '../errors.js';
import type { CheckpointParts } from './checkpoint-parts.js';

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

type Loop = Pick<CheckpointParts, 'activeRequests' | 'nameUnlisted' | 'warn'>;

/**
 * Waits until no request is on the thread pool and handles that were closed are gone.
 *
 * What Node does not list computes: `node:crypto`, `node:zlib`, addons. It is waited for as well, but when it does not end it travels in the
 * image and ends in the restored process; so that is only said.
 *
 * @throws {CracException} `ERR_CRAC_REQUESTS_IN_FLIGHT`
 */
export async function quiesce(loop: Loop, signal: AbortSignal): Promise<void> {
  const deadline = startDeadline('requests in flight', QUIESCE_TIMEOUT, signal);
  try {
    await nextTurn();
    await nextTurn();
    await waitForRequests(loop, deadline.signal);
  } finally {
    deadline.cancel();
  }
}

async function waitForRequests(
  { activeRequests, nameUnlisted, warn }: Loop,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const { listed, unlisted } = activeRequests();
    const requests = countRequests(listed);
    const isWaiting = Object.keys(requests).length > 0;
    if (!isWaiting && unlisted === 0) return;
    if (signal.aborted) {
      const { timeout } = lapseOf(signal);
      if (isWaiting) throw cracError('ERR_CRAC_REQUESTS_IN_FLIGHT', { requests, timeout });
      warn(describeUnlisted(nameUnlisted(unlisted), timeout));
      return void (await nextTurn());
    }
    await sleep(1);
  }
}

function describeUnlisted(names: string, timeout: number): string {
  return `Requests on the thread pool did not end within ${timeout} ms (${names}): they travel in the image and go on in each restored process.`;
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
