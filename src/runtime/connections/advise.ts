import type { Connection } from './connection.js';
import { isHttpServer } from './http1.js';
import type { Found } from './survey.js';

/** Says of each socket, by descriptor, why it is still open and what to do about it, where more is known than the kernel tells. */
export function adviseOn(sockets: readonly Found[], drainTimeout: () => number): ReadonlyMap<number, string> {
  return new Map(
    sockets.flatMap((found) => {
      const advice = advise(found, drainTimeout);
      return advice === undefined ? [] : [[found.fd, advice]];
    }),
  );
}

function advise({ socket, connection }: Found, drainTimeout: () => number): string | undefined {
  if (connection !== undefined) return adviseOnConnection(connection, drainTimeout);
  const { server, parser } = socket;
  if (!server) return undefined;
  if (isHttpServer(server) && !parser) {
    return 'an HTTP server handed it over to the program (a WebSocket or another upgrade), close it in beforeCheckpoint and let the other side connect again';
  }
  return 'the program accepted it with a server of its own, end it in beforeCheckpoint and let the other side connect again';
}

function adviseOnConnection(
  { role, requests, advice }: Connection,
  drainTimeout: () => number,
): string | undefined {
  if (requests.length === 0) return advice;
  const subject =
    requests.length === 1 ? requests[0] : `${requests.length} requests (${requests.join(', ')})`;
  const state = role === 'server' ? 'being answered' : 'under way';
  return `${subject} ${requests.length === 1 ? 'is' : 'are'} still ${state} after ${drainTimeout()} ms, end that in beforeCheckpoint or allow more time (drainTimeout, CRAC_DRAIN_TIMEOUT)`;
}
