/** The composition root: puts the parts of this one process together. Making them opens nothing and loads no native code. */
import { writeSync } from 'node:fs';
import v8 from 'node:v8';
import { BroadcastChannel, isMainThread } from 'node:worker_threads';
import { activeHandles, activeRequests } from './binding/event-loop.js';
import { agentServices } from './binding/services.js';
import type { CheckpointParts } from './checkpoint/checkpoint-parts.js';
import { history } from './checkpoint/history.js';
import { createManager, type Manager } from './checkpoint/manager.js';
import { readScores } from './checkpoint/scores.js';
import { concealedMemory } from './core/concealed-memory.js';
import { getGlobalContext } from './core/global-context.js';
import { isPreparing, keptOpen } from './core/kept-open.js';
import { getMains } from './core/on-restore.js';
import { sharedValue } from './core/process-wide.js';
import { joinRuntime, openRuntime } from './core/runtime-context.js';
import { changeSnapshotNamespace, snapshotHooks } from './core/startup-snapshot.js';
import { childProcesses } from './descriptors/child-processes.js';
import { type Inspection, type InspectionRules, inspectProcess } from './descriptors/inspect-process.js';
import type { OpenDescriptor } from './descriptors/open-descriptor.js';
import { readPolicies } from './descriptors/policies/configured-policies.js';
import { ignoredPolicies } from './descriptors/policies/ignored-policies.js';
import { nodePolicies } from './descriptors/policies/node-policies.js';
import { commitImage, prepareDirectory } from './engines/image-directory.js';
import { createEngines } from './engines/selection/engines.js';
import { limitFeatures, parseFeatures } from './image/cpu-features.js';
import { createManifest, stringifyManifest } from './image/manifest.js';
import { SCORE_FILE, stringifyScores } from './image/score.js';
import { createTags, stringifyTags, TAGS_FILE } from './image/tags.js';
import { measureProcess } from './measure-process.js';
import { createNaming } from './name-images.js';
import { writeHeapSnapshot as writeHeap } from './observe/heap-snapshot.js';
import { createObserver } from './observe/observer.js';
import { findOrigins } from './origins/find-origins.js';
import { createRecording, madeBy } from './origins/recorded.js';
import { nameThreadPoolWork } from './origins/thread-pool-work.js';
import { createCompilers } from './runtime/compilers.js';
import { adviseOn } from './runtime/connections/advise.js';
import type { ConnectionServices } from './runtime/connections/connections.js';
import { readDrainTimeout } from './runtime/connections/drain-timeout.js';
import { type Found, survey } from './runtime/connections/survey.js';
import { createCpuTime } from './runtime/cpu-time.js';
import { createDateCache } from './runtime/date-cache.js';
import { createHeap } from './runtime/heap.js';
import { adviseOnDebuggers, type Inspector } from './runtime/inspector.js';
import { createLimits } from './runtime/limits.js';
import { madeStreams } from './runtime/made-streams.js';
import type { Random } from './runtime/random.js';
import { renewRandomness } from './runtime/renew-randomness.js';
import { createRehearsal, createRuntime, type RuntimeServices, readSwitches } from './runtime/runtime.js';
import { rehearseOutput } from './runtime/standard-output.js';
import { createTlsRenewal } from './runtime/tls-renewal.js';
import { ANSWERS_NAME, type Answer } from './runtime/worker-answers.js';
import { CHANNEL_NAME, createWorkerGate } from './runtime/worker-gate.js';

const switches = readSwitches(process.env['CRAC_RUNTIME']);

/** Workers started with the preload, which counts them, and those in which the program has registered resources. */
const startedWorkers = (): { readonly count: number; readonly joined: ReadonlySet<number> } =>
  sharedValue('workers') ?? { count: 0, joined: new Set() };

/** Milliseconds that stopping all threads may take where nobody has said so. */
const STOP_TIMEOUT = 5000;

const warn = (sentence: string, code?: string): void =>
  process.emitWarning(sentence, { type: 'CracWarning', ...(code !== undefined && { code }) });

const openChannel = (name: string): BroadcastChannel => new BroadcastChannel(name);

function openAnswers(hear: (answer: Answer) => void): BroadcastChannel {
  const channel = openChannel(ANSWERS_NAME);
  channel.onmessage = (event) => hear(event.data);
  channel.unref();
  return channel;
}

function findInspector(): Inspector | undefined {
  return process.getBuiltinModule('node:inspector');
}

/** What the checkpoint under way was asked for with. */
let drainTimeout: number | undefined;

const connections: ConnectionServices = {
  handles: closableHandles,
  pauseListeners: (fds) => agentServices().pauseListeners(fds),
  resumeListeners: () => agentServices().resumeListeners(),
  drainTimeout: () => drainTimeout ?? readDrainTimeout(process.env['CRAC_DRAIN_TIMEOUT']),
};

const services: RuntimeServices = {
  pid: () => agentServices().pid(),
  setLocale: (locale) => agentServices().setLocale(locale),
  openChannel,
  workers: createWorkerGate(
    {
      openWords: () => openChannel(CHANNEL_NAME),
      openAnswers,
      count: () => startedWorkers().count,
      joined: () => startedWorkers().joined,
      drainTimeout: () => drainTimeout,
    },
    switches.off,
  ),
  changes: () => history().arrival,
  heap: createHeap({
    trim: () => agentServices().trim(),
    gather: (on) => agentServices().gather(on),
  }),
  compilers: createCompilers((...later) => agentServices().setFlagsLater(...later)),
  tls: createTlsRenewal(),
  dateCache: createDateCache(),
  snapshotHooks,
  clockWaits: () => agentServices().probe().clockWaits,
  cpuTime: createCpuTime(() => history().generation),
  stdio: {
    made: madeStreams,
    rehearse: () => rehearseOutput(() => agentServices().pipe()),
    wakeOutput: (fd) => agentServices().wakeOutput(fd),
    rememberTerminal: () => agentServices().rememberTerminal(),
    adoptTerminal: (fd) => agentServices().adoptTerminal(fd),
    announce: (stream) => setImmediate(() => stream.emit('resize')),
  },
  connections,
  watchers: {
    stop: () => agentServices().stopWatchers(),
    start: () => agentServices().startWatchers(),
  },
  inspector: findInspector,
  hasDebugger: () => adviseOnDebuggers(agentServices().descriptors(), findInspector()).length > 0,
  learnGenerators: (makeContext) => agentServices().learnGenerators(makeContext),
  limits: createLimits({ limitHeap: (bytes) => agentServices().limitHeap(bytes), warn }),
  warn,
  random: createRandom(),
  report(reports) {
    writeSync(1, `${JSON.stringify(reports)}\n`);
    process.kill(process.pid, 'SIGKILL');
  },
};

// Libraries that are loaded from here on are offered the hooks also where there was no preload.
if (!switches.off.has('startup-snapshot')) changeSnapshotNamespace(v8);

/** Everything that is open in this process, and what the event loop knows of its sockets. */
export interface Seen {
  readonly descriptors: readonly OpenDescriptor[];
  readonly sockets: readonly Found[];
}

/** Looks at everything that is open. */
export function look(): Seen {
  return { descriptors: agentServices().descriptors(), sockets: survey(activeHandles()).sockets };
}

/** Decides about everything that is open; the caller's policies come before those of the environment. */
export function inspect(
  { placeholders, policies, briefly = false }: InspectionRules,
  { descriptors, sockets }: Seen = look(),
): Inspection {
  const advice = new Map([
    ...adviseOn(sockets, connections.drainTimeout),
    ...services.workers.advice(),
    ...adviseOnDebuggers(descriptors, findInspector()),
  ]);
  const {
    CRAC_RESOURCE_POLICIES: file,
    NODE_REPL_HISTORY: history,
    CRAC_IGNORED_FILE_DESCRIPTORS: ignored,
  } = process.env;
  const all = [...policies, ...readPolicies(file), ...nodePolicies(history), ...ignoredPolicies(ignored)];
  return inspectProcess(
    {
      descriptors,
      children: childProcesses(madeBy),
      advice,
      origins: (refused) => findOrigins(refused, sockets),
    },
    { placeholders, policies: all, briefly },
  );
}

/** The files `tags` and `score` of the image that is made. */
let described: Readonly<Record<string, string>> = {};

/** Features of the processor that images of this process may rely on: all, unless it was started with fewer. */
const cpuLimit = parseFeatures(process.env['CRAC_CPU_FEATURES'] ?? '') ?? '';

const engines = createEngines(
  {
    warn,
    hostClock: switches.off.has('clock'),
    cpuFeatures: cpuLimit,
    secrets: concealedMemory,
    prepareDirectory,
    commit: (directory, manifest) => commitImage(directory, manifest, described),
  },
  () => process.env,
);

const parts: CheckpointParts = {
  chooseEngine: engines.choose,
  context: getGlobalContext(),
  runtime: openRuntime(() => createRuntime(services, switches)),
  rehearsal: (arrival) => createRehearsal(services, switches, arrival),
  isMainThread,
  mains: getMains(),
  workers: services.workers,
  configuredDirectory: () => process.env['CRAC_CHECKPOINT_TO'],
  configuredHeapSnapshots: () => process.env['CRAC_HEAP_SNAPSHOT_ON_FAILURE'],
  activeRequests,
  nameUnlisted: nameThreadPoolWork,
  setDrainTimeout(milliseconds) {
    drainTimeout = milliseconds;
  },
  inspect: (rules) => inspect(rules),
  renewRandomness: () =>
    renewRandomness({ ...services, renew: () => agentServices().renew(STOP_TIMEOUT) }, switches.off),
  tidy: () => services.heap.tidy(),
  holdCompilers() {
    if (!switches.off.has('memory')) services.compilers.hold();
  },
  warn: services.warn,
  observer: createObserver(),
  writeHeapSnapshot,
  images: createNaming(usedFeatures, services.warn),
  describeImage({ labels, ...image }) {
    const manifest = createManifest({ ...image, process });
    const tags = stringifyTags(createTags(process, usedFeatures(), labels));
    const score = stringifyScores(measureScores());
    described = { [TAGS_FILE]: tags, [SCORE_FILE]: score };
    return { id: manifest.id, manifest: stringifyManifest(manifest), tags, score };
  },
};

/** What the runtime and the program say of this process. */
export function measureScores(): Readonly<Record<string, number>> {
  const own = readScores((error) =>
    services.warn(`A provider of scores failed: ${error instanceof Error ? error.message : String(error)}`),
  );
  return { ...measureProcess(getGlobalContext().size), ...own };
}

/** Hexadecimal; empty where the native agent does not run. */
function usedFeatures(): string {
  const features = agentServices().cpuFeatures();
  return features === '' ? '' : limitFeatures(features, cpuLimit);
}

const recording = createRecording();
if (recording !== undefined) joinRuntime('stacks', recording);

/** Carries out what is asked of this process. */
export const manager: Manager = createManager(parts);

/** A failed checkpoint is told of all the same when its heap cannot be written. */
function writeHeapSnapshot(directory: string): string | undefined {
  try {
    return writeHeap(directory);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    services.warn(`Cannot write the heap of the failed checkpoint to ${directory}: ${reason}.`);
    return undefined;
  }
}

/** A process that is being prepared neither waits for nor closes that by which it will hear that it goes on. */
function closableHandles(): readonly object[] {
  if (!isPreparing()) return activeHandles();
  const { Server, Socket } = process.getBuiltinModule('node:net');
  const kept = new Set(keptOpen());
  return activeHandles().filter((handle) => {
    // Others are not asked: node:dgram warns whoever does.
    if (!(handle instanceof Socket || handle instanceof Server)) return true;
    const { _handle } = handle as { readonly _handle?: { readonly fd?: number } | null };
    return !kept.has(_handle?.fd ?? -1);
  });
}

/** The agent's part in random values. The preload has it installed at start; without it that happens at the first checkpoint. */
function createRandom(): Random {
  let isLate = false;
  return {
    install() {
      try {
        const agent = agentServices();
        isLate ||= agent.random() === 'off';
        return agent.random(!switches.off.has('randomness'), !switches.off.has('pools'));
      } catch {
        return 'off';
      }
    },
    isLate: () => isLate,
    reseed: () => void agentServices().reseed(),
    refilled: () => agentServices().pools(),
  };
}
