import { createAuthorities } from './authorities.js';
import type { WorkerRepair, WorkerServices } from './in-worker.js';
import type { Repair } from './repair.js';
import type { RuntimeServices } from './runtime.js';
import { createTlsRenewal } from './tls-renewal.js';

/** A server whose session tickets are encrypted with keys of its own. */
interface TicketServer {
  getTicketKeys(): Uint8Array;
}

/**
 * The session ticket keys of servers and the sessions that clients remember: whoever has the image could read what a server with its keys
 * was sent, and a copy would resume what another one had begun. The keys are in the memory of OpenSSL, where a server gets them once.
 *
 * Nothing is done at the restore itself: what comes from the image is renewed when it is first used. Only authorities whose files have changed
 * are read at once.
 */
export function createTls({ tls, changes, warn }: Pick<RuntimeServices, 'tls' | 'changes' | 'warn'>): Repair {
  const authorities = createAuthorities(warn);
  return {
    beforeCheckpoint() {
      tls.watch();
      authorities.remember();
    },
    afterRestore(_context, { restored }) {
      if (!restored) return;
      tls.renewAll();
      if (authorities.isWatching() || changes()?.namesAuthorities !== false) authorities.follow();
    },
    problem: () => tls.problem(),
    sample: () => Object.fromEntries(listeningServers().map(describe)),
  };
}

/** The same in a worker thread, which has modules, servers and agents of its own. */
export function createTlsInWorker({ warn }: Pick<WorkerServices, 'warn'>): WorkerRepair {
  const tls = createTlsRenewal();
  const authorities = createAuthorities(warn);
  return {
    beforeCheckpoint() {
      tls.watch();
      authorities.remember();
    },
    afterRestore({ info }) {
      if (!info.restored) return;
      tls.renewAll();
      authorities.follow();
    },
  };
}

function listeningServers(): TicketServer[] {
  const { _getActiveHandles: list } = process as { _getActiveHandles?: () => readonly object[] };
  return (list?.call(process) ?? []).filter((handle) => 'getTicketKeys' in handle) as TicketServer[];
}

/** A digest of the keys: what is shown is no secret. */
function describe(server: TicketServer, index: number): [name: string, value: string] {
  const { createHash } = process.getBuiltinModule('node:crypto');
  return [
    `ticket keys of server ${index + 1}`,
    createHash('sha256').update(server.getTicketKeys()).digest('hex'),
  ];
}
