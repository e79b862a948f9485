import { createDnsServers } from './dns-servers.js';
import type { WorkerRepair } from './in-worker.js';
import type { Repair } from './repair.js';
import type { RuntimeServices } from './runtime.js';

/**
 * The name servers of `node:dns`, unless the program has chosen its own. Only those of the default resolver: `new dns.Resolver()` belongs to
 * the program. `dns.lookup()` needs nothing, libc looks at the file each time.
 */
export function createDns({ changes }: Pick<RuntimeServices, 'changes'>): Repair {
  const servers = createDnsServers();
  return {
    beforeCheckpoint() {
      servers.learn();
    },
    afterRestore(_context, { restored }) {
      if (restored && changes()?.hasSameResolvConf !== true) servers.renew();
    },
    problem: () => servers.problem(),
  };
}

/** Each worker thread has a default resolver of its own. */
export function createWorkerDns(): WorkerRepair {
  const servers = createDnsServers();
  return {
    beforeCheckpoint() {
      servers.learn();
    },
    afterRestore({ info: { restored } }) {
      if (restored) servers.renew();
    },
  };
}
