import { NO_CONNECTIONS } from '#dist/runtime/connections/connections.js';
import { GENERATORS_FOUND } from '#dist/runtime/math-random.js';
import { createRandomRehearsal } from '#dist/runtime/random.js';
import type { RuntimeServices } from '#dist/runtime/runtime.js';
import { rehearsedStdio } from '#dist/runtime/stdio.js';
import type { Switches } from '#dist/runtime/switches.js';
import { createTlsRehearsal } from '#dist/runtime/tls-renewal.js';
import { NO_WATCHERS } from '#dist/runtime/watchers.js';
import type { Channel, WorkerGate } from '#dist/runtime/worker-gate.js';

/** Nothing is switched off. */
export const ALL: Switches = { off: new Set(), unknown: [] };

/** Services that change nothing, but for those given. */
export function services(given: Partial<RuntimeServices> = {}): RuntimeServices {
  const heap = { async compact() {}, tidy() {}, setIncrementalMarking() {} };
  const compilers = { hold() {}, limit() {}, release() {} };
  const tls = createTlsRehearsal();
  const dateCache = { find: () => true, empty() {} };
  const stdio = rehearsedStdio({ made: () => ({ stdin: undefined, stdout: undefined, stderr: undefined }) });
  const workers: WorkerGate = {
    prepare() {},
    async settle() {},
    hold() {},
    releaseNobody: () => true,
    release() {},
    returning: () => undefined,
    advice: () => new Map(),
  };
  const openChannel = (): Channel => ({ postMessage() {}, unref() {}, close() {} });
  return {
    pid: () => process.pid,
    connections: NO_CONNECTIONS,
    changes: () => undefined,
    watchers: NO_WATCHERS,
    inspector: () => undefined,
    hasDebugger: () => false,
    clockWaits: () => true,
    cpuTime: { hold() {} },
    dateCache,
    learnGenerators: () => GENERATORS_FOUND,
    heap,
    compilers,
    random: createRandomRehearsal(),
    tls,
    snapshotHooks: () => ({ beforeImage: [], afterRestore: [] }),
    stdio,
    workers,
    openChannel,
    setLocale() {},
    limits: { learn() {}, check() {} },
    warn() {},
    report() {},
    ...given,
  };
}
