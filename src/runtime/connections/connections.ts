import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { startDeadline } from '../../core/deadline.js';
import type { Repair } from '../repair.js';
import type { HttpSocket } from './connection.js';
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
    async beforeCheckpoint(_context, { signal }) {
      services.resumeListeners();
      await nextTurn();
      const deadline = startDeadline('requests in progress', services.drainTimeout(), signal);
      try {
        await drain(services, deadline.signal);
      } finally {
        deadline.cancel();
      }
    },
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

/**
 * Closes what is idle until nothing is left or time is up. What has arrived before is read first. Nothing new is accepted, except for requests
 * that the program sends to itself to answer others.
 */
async function drain(services: ConnectionServices, signal: AbortSignal): Promise<void> {
  let tlsSockets: readonly HttpSocket[] | undefined;
  const search = (): readonly HttpSocket[] => {
    tlsSockets ??= findTlsSockets();
    return tlsSockets;
  };
  for (;;) {
    const { sockets, listeners, callsItself } = survey(services.handles(), search);
    if (callsItself) services.resumeListeners();
    else services.pauseListeners(listeners);
    const held = sockets.filter(({ connection }) => connection !== undefined);
    for (const found of held) settle(found);
    if (held.length === 0 || signal.aborted) return;
    await sleep(INTERVAL);
    await nextTurn();
  }
}

function settle({ connection }: Found): void {
  if (connection?.requests.length === 0) connection.close();
  else connection?.announceEnd?.();
}
