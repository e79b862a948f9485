import { Context } from '../core/context.js';
import type { Resource } from '../core/resource.js';
import type { SnapshotHooks } from '../core/startup-snapshot.js';
import { cracError } from '../errors.js';
import type { Changes } from './changes.js';
import { createClock } from './clock.js';
import type { Compilers } from './compilers.js';
import {
  type ConnectionServices,
  createConnections,
  createConnectionsInWorker,
  NO_CONNECTIONS,
} from './connections/connections.js';
import type { CpuTime } from './cpu-time.js';
import type { DateCache } from './date-cache.js';
import { createDns, createWorkerDns } from './dns.js';
import type { Heap } from './heap.js';
import { createHttp, createHttpInWorker } from './http.js';
import { createIdentity, createWorkerIdentity } from './identity.js';
import type { WorkerResource } from './in-worker.js';
import { createInspector, type InspectorServices } from './inspector.js';
import type { Limits } from './limits.js';
import { createMathRandom, GENERATORS_FOUND, type MathRandomServices } from './math-random.js';
import { createMemory } from './memory.js';
import { createPools } from './pools.js';
import { createRandomRehearsal, type Random } from './random.js';
import { createRandomness } from './randomness.js';
import type { Repair } from './repair.js';
import { createSelfTest, type SelfTestServices } from './self-test.js';
import { createStartupSnapshot, createStartupSnapshotInWorker } from './startup-snapshot.js';
import { createStdio, rehearsedStdio, type StdioServices } from './stdio.js';
import { parseSwitches, type Switches } from './switches.js';
import { createTls, createTlsInWorker } from './tls.js';
import { createTlsRehearsal, type TlsRenewal } from './tls-renewal.js';
import { createWatchers, NO_WATCHERS, type Watchers } from './watchers.js';
import { type Channel, createWorkerGate, type WorkerGate } from './worker-gate.js';
import { createWorkers } from './workers.js';

/** What the resources of Node itself need of the rest. */
export interface RuntimeServices extends SelfTestServices, MathRandomServices, InspectorServices {
  /** The number of this process, as the kernel gives it now. */
  pid(): number;
  /** Whether the deadlines at which libc waits can be translated. */
  clockWaits(): boolean;
  readonly cpuTime: CpuTime;
  readonly dateCache: DateCache;
  /** What the last restore has changed; `undefined` when nobody knows. */
  changes(): Changes | undefined;
  readonly heap: Heap;
  readonly compilers: Compilers;
  readonly limits: Limits;
  readonly connections: ConnectionServices;
  readonly watchers: Watchers;
  readonly tls: TlsRenewal;
  readonly random: Random;
  /** What libraries have registered with `v8.startupSnapshot`. */
  readonly snapshotHooks: () => SnapshotHooks;
  readonly stdio: StdioServices;
  /** Makes another locale the default one of the process, by ICU's name. */
  setLocale(locale: string): void;
  /** Where worker threads wait for the end of a checkpoint. */
  readonly workers: WorkerGate;
  /** Opens the channel on which worker threads of that name listen. */
  openChannel(name: string): Channel;
}

interface RuntimeResource extends WorkerResource {
  /** Name by which it is switched off. */
  readonly name: string;
  readonly create: (services: RuntimeServices) => Repair;
}

/**
 * The resources of Node itself, in the order in which they are told of a checkpoint; of a restore they are told in the opposite one.
 * They are told after all resources of the application and restored before them. Memory is last, because all others leave garbage behind.
 *
 * None of them may let the event loop turn in `afterRestore`: what was queued in the image runs only when all of them are back.
 */
export const RUNTIME_RESOURCES: readonly RuntimeResource[] = [
  { name: 'workers', create: createWorkers },
  {
    name: 'connections',
    create: ({ connections }) => createConnections(connections),
    inWorker: createConnectionsInWorker,
  },
  { name: 'inspector', create: createInspector },
  { name: 'watchers', create: createWatchers },
  { name: 'startup-snapshot', create: createStartupSnapshot, inWorker: createStartupSnapshotInWorker },
  { name: 'tls', create: createTls, inWorker: createTlsInWorker },
  { name: 'http', create: createHttp, inWorker: createHttpInWorker },
  { name: 'dns', create: createDns, inWorker: createWorkerDns },
  { name: 'stdio', create: createStdio },
  { name: 'identity', create: createIdentity, inWorker: createWorkerIdentity },
  { name: 'pools', create: createPools },
  { name: 'math-random', create: createMathRandom },
  { name: 'randomness', create: createRandomness },
  { name: 'clock', create: createClock },
  { name: 'memory', create: createMemory },
];

/** Reads `CRAC_RUNTIME`: which resources of Node itself are not wanted. */
export function readSwitches(text: string | undefined): Switches {
  return parseSwitches(
    text ?? '',
    RUNTIME_RESOURCES.map(({ name }) => name),
  );
}

/** Makes the context of the resources of Node itself. One that is registered later is told earlier. */
export function createRuntime(services: RuntimeServices, { off, unknown }: Switches): Context {
  const repairs = RUNTIME_RESOURCES.map(({ name, create }) => ({ name, repair: create(services) }));
  const runtime = new Context({ name: 'runtime' });
  for (const { name, repair } of [...repairs].reverse()) {
    if (!off.has(name)) runtime.register(repair, { name });
  }
  runtime.register(createSelfTest(repairs, off, services), { name: 'self-test' });
  for (const word of unknown) runtime.register(refuseUnknown(word), { name: 'CRAC_RUNTIME' });
  return runtime;
}

/**
 * Makes a context of the same resources with services that change nothing, so that a restore can be rehearsed with it; `present` is what it
 * brings. The real services are asked, too, where that changes nothing.
 */
export function createRehearsal(
  { pid, changes, dateCache, openChannel, stdio, snapshotHooks: realHooks }: RuntimeServices,
  { off }: Switches,
  present: Changes | undefined,
): Context {
  const heap = { async compact() {}, tidy() {}, setIncrementalMarking() {} };
  const compilers = { hold() {}, limit() {}, release() {} };
  const workers = createWorkerGate(
    {
      openWords: () => openChannel('node-crac.rehearsal'),
      openAnswers: () => ({ close() {} }),
      count: () => 0,
      joined: () => new Set(),
      drainTimeout: () => undefined,
      isRehearsed: true,
    },
    off,
  );
  const nothing = [() => {}, undefined] as const;
  const snapshotHooks = (): SnapshotHooks => {
    realHooks();
    return { beforeImage: [nothing], afterRestore: [nothing] };
  };
  return createRuntime(
    {
      pid,
      changes() {
        changes();
        return present;
      },
      heap,
      compilers,
      connections: NO_CONNECTIONS,
      watchers: NO_WATCHERS,
      inspector: () => undefined,
      hasDebugger: () => false,
      clockWaits: () => true,
      cpuTime: { hold() {} },
      dateCache,
      learnGenerators: () => GENERATORS_FOUND,
      tls: createTlsRehearsal(),
      random: createRandomRehearsal(),
      snapshotHooks,
      stdio: rehearsedStdio(stdio),
      workers,
      openChannel,
      setLocale() {},
      limits: { learn() {}, check() {} },
      warn() {},
      report() {},
    },
    { off, unknown: [] },
  );
}

/** A word that nobody knows may stand for something that was meant to be off: no checkpoint is made. */
function refuseUnknown(word: string): Resource {
  const names = RUNTIME_RESOURCES.map(({ name }) => `-${name}`).join(', ');
  return {
    beforeCheckpoint() {
      throw cracError('ERR_CRAC_INVALID_ARGUMENT', {
        argument: 'CRAC_RUNTIME',
        expected: `a list of ${names}`,
        received: `"${word}"`,
      });
    },
    afterRestore() {},
  };
}
