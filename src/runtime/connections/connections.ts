import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { startDeadline } from '../../core/deadline.js';
import type { WorkerRepair } from '../in-worker.js';
import type { Repair } from '../repair.js';
import { type HttpSocket, isLeftOpen } from './connection.js';
import { type Found, survey } from './survey.js';
import { findTlsSockets } from './tls-sockets.js';

/** What this needs of the event loop and of whoever asked for the checkpoint. */
export interface ConnectionServices {
  /** Sockets, servers and watchers of the event loop, also those that do not keep the process alive. */
  handles(): readonly object[];
  /** Lets connections to these listeners wait. */
  pauseListeners(fds: readonly number[]): void;
  resumeListeners(): void;
  /** Milliseconds that requests in progress have to end. */
  drainTimeout(): number;
}

/** Stands for an event loop that holds nothing. */
export const NO_CONNECTIONS: ConnectionServices = {
  handles: () => [],
  pauseListeners() {},
  resumeListeners() {},
  drainTimeout: () => 0,
};

/** Milliseconds in which clients hear that a server is about to close their connections. */
const FAREWELL = 50;

/** Milliseconds in which the first request may arrive on a connection that has just been accepted. */
const FIRST_REQUEST = 500;

/** Milliseconds between two looks at what is still in progress. */
const INTERVAL = 5;

/**
 * Connections that Node or an HTTP client holds: those of `node:http`, `node:https` and `node:http2` in both directions, and those of undici.
 *
 * Before a checkpoint, servers accept no more, requests in progress have some time to end, and what is idle is closed. The servers and clients
 * themselves stay as they are: clients of either side connect again when they have the next request.
 *
 * Nothing is recorded before a checkpoint asks for it, and after a restore nothing is done: whatever happens costs nothing otherwise.
 */
export function createConnections(services: ConnectionServices): Repair {
  return {
    beforeCheckpoint: (_context, { signal }) => quieten(services, signal),
    afterRestore() {
      services.resumeListeners();
    },
    problem() {
      const { _getActiveHandles: list } = process as { _getActiveHandles?: unknown };
      if (typeof list === 'function') return undefined;
      return 'Node no longer lists its handles: idle HTTP connections are refused instead of being closed.';
    },
  };
}

/** The same in a worker thread, whose event loop has connections of its own. */
export function createConnectionsInWorker(_services: unknown, connections: ConnectionServices): WorkerRepair {
  return {
    quieten: ({ signal }) => quieten(connections, signal),
    afterRestore: () => connections.resumeListeners(),
  };
}

async function quieten(services: ConnectionServices, signal: AbortSignal): Promise<void> {
  services.resumeListeners();
  await nextTurn();
  const deadline = startDeadline('requests in progress', services.drainTimeout(), signal);
  try {
    await drain(services, deadline.signal);
  } finally {
    deadline.cancel();
  }
}

/**
 * Closes what is idle until nothing is left or time is up. What has arrived before is read first. Nothing new is accepted, except for requests
 * that the program sends to itself to answer others.
 */
async function drain(services: ConnectionServices, signal: AbortSignal): Promise<void> {
  const search = searchOnce();
  const farewell = startFarewell();
  try {
    for (;;) {
      const { sockets, listeners, servers, callsItself } = survey(services.handles(), search);
      if (callsItself) services.resumeListeners();
      else services.pauseListeners(listeners);
      const held = sockets.filter(({ connection }) => connection !== undefined && !isLeftOpen(connection));
      farewell.begin(servers);
      for (const found of held) {
        const isExpected = isUnused(found) && (callsItself || !farewell.isOver(FIRST_REQUEST));
        settle(found, signal.aborted || (farewell.isOver() && !isExpected));
      }
      if (held.length === 0 || signal.aborted) return;
      await sleep(INTERVAL);
      await nextTurn();
    }
  } finally {
    farewell.end();
  }
}

function searchOnce(): () => readonly HttpSocket[] {
  let found: readonly HttpSocket[] | undefined;
  return () => {
    found ??= findTlsSockets();
    return found;
  };
}

/** A connection on which nothing has arrived: whoever made it is about to send its first request. */
function isUnused({ socket, connection }: Found): boolean {
  return connection?.role === 'server' && socket.bytesRead === 0;
}

interface Farewell {
  begin(servers: readonly Server[]): void;
  isOver(duration?: number): boolean;
  end(): void;
}

/**
 * A client that uses its connection all the time may have sent the next request when that is closed. So each answer says for a moment that it is
 * the last one on its connection, and only those that are silent for that long are closed.
 */
function startFarewell(): Farewell {
  const told = new Set<Server>();
  const start = performance.now();
  return {
    begin(servers) {
      for (const server of servers) {
        if (!told.has(server)) server.prependListener('request', sayFarewell);
        told.add(server);
      }
    },
    isOver: (duration = FAREWELL) => performance.now() >= start + duration,
    end() {
      for (const server of told) server.off('request', sayFarewell);
    },
  };
}

function sayFarewell(_request: IncomingMessage, response: ServerResponse): void {
  response.shouldKeepAlive = false;
}

function settle({ connection }: Found, mayClose: boolean): void {
  if (connection?.requests.length !== 0) connection?.announceEnd?.();
  else if (mayClose || connection.role === 'client') connection.close();
}
