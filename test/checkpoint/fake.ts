import { Context } from 'node-crac';
import type { CheckpointParts } from '#dist/checkpoint/checkpoint-parts.js';
import { createManager, type Manager } from '#dist/checkpoint/manager.js';
import { createMains, type Mains } from '#dist/core/on-restore.js';
import type { Inspection } from '#dist/descriptors/inspect-process.js';
import type { Engine, EngineOutcome, EngineRequest, RestoreData } from '#dist/engines/engine.js';

/** A process whose engine writes no image but says what it is told to say. */
export interface FakeProcess {
  readonly manager: Manager;
  readonly context: Context;
  readonly mains: Mains;
  readonly runtime: Context;
  /** What happened, in order; resources of a test add to it. */
  readonly log: string[];
  /** What the engine was asked for. */
  readonly requests: EngineRequest[];
}

/** What a test wants to be otherwise. */
export interface FakeOptions {
  readonly outcome?: (request: EngineRequest) => Promise<EngineOutcome>;
  readonly engine?: Partial<Engine>;
  readonly parts?: Partial<CheckpointParts>;
}

/** What the fake engine's restore brings. */
export const restoreData: RestoreData = {
  args: ['--port', '0'],
  hasArgs: true,
  env: { HOME: '/home/restored' },
  cwd: '/',
  cwdPolicy: 'restorer',
  envPolicy: 'replace',
  directory: '/images/one',
  startedAt: 1000,
  frozenMs: 900,
  frozenMonotonicMs: 800,
  duration: 2,
};

/** Comes back as a restored process would. */
export async function restored(): Promise<EngineOutcome> {
  return { kind: 'restored', restore: restoreData };
}

/** Comes back as the process that goes on while its image is written. */
export function running(written: Promise<void>): () => Promise<EngineOutcome> {
  return async () => ({ kind: 'running', pause: 1, written });
}

/** What an inspection finds. */
export function found(errors: readonly Error[], placeholders: readonly number[] = []): Inspection {
  return { errors, treatment: { placeholders, closed: [], reopened: [], unchecked: [] }, warnings: [] };
}

/** Makes a fake process. */
export function createFake({ outcome = restored, engine = {}, parts = {} }: FakeOptions = {}): FakeProcess {
  const log: string[] = [];
  const requests: EngineRequest[] = [];
  const context = new Context({ name: 'global' });
  const runtime = new Context({ name: 'runtime' });
  const mains = createMains();
  const chosen: Engine = {
    name: 'fake',
    capabilities: { image: true, keepRunning: true },
    availability: () => ({ status: 'ready' }),
    describePresent: () => ({ kind: 'restored', restore: { ...restoreData, cwd: '.' } }),
    checkpoint(request) {
      log.push('engine');
      requests.push(request);
      return outcome(request);
    },
    ...engine,
  };
  const manager = createManager({
    chooseEngine: () => ({ engine: chosen, options: {} }),
    context,
    runtime,
    rehearsal: () => new Context({ name: 'rehearsal' }),
    isMainThread: true,
    mains,
    workers: { async settle() {}, hold() {}, returning: () => undefined },
    configuredDirectory: () => '/images/one',
    activeRequests: () => ({ listed: [], unlisted: 0 }),
    nameUnlisted: (count) => `${count} computations`,
    setDrainTimeout() {},
    inspect: ({ placeholders }) => found([], placeholders),
    renewRandomness() {},
    warn: (sentence) => void log.push(`warning: ${sentence}`),
    observer: { open: () => undefined, reopen: () => undefined },
    writeHeapSnapshot: () => undefined,
    configuredHeapSnapshots: () => undefined,
    images: {
      checkPath() {},
      expandPath: (path) => path,
      literalPath: (path) => path,
      labels: (given) => given,
    },
    describeImage: ({ generation }) => ({
      id: `image ${generation}`,
      manifest: `generation ${generation}`,
      tags: '',
      score: '',
    }),
    tidy() {},
    holdCompilers() {},
    ...parts,
  });
  return { manager, mains, context, runtime, log, requests };
}
