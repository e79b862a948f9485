import type { Engine, EngineModule, EngineOutcome, EngineRequest } from '../engine.js';

const NAME = 'simulate';

/**
 * Tells the resources and writes nothing: the process goes on at once, as one that was restored from itself. It is there for platforms without
 * an engine, so that programs and libraries can be tried anywhere.
 */
export const simulateModule: EngineModule = {
  name: NAME,
  description: 'tells all resources and writes no image; the process goes on at once (every platform)',
  options: [],
  create: createSimulateEngine,
};

function createSimulateEngine(): Engine {
  return {
    name: NAME,
    capabilities: {
      image: false,
      keepRunning: true,
      restoreData: false,
      mirrorsEnd: false,
      directory: false,
    },
    async checkpoint(request) {
      await request.announce('nothing');
      if (request.keepRunning) return { kind: 'running', pause: 0, written: Promise.resolve() };
      return restoredFrom(request);
    },
  };
}

function restoredFrom({ directory }: EngineRequest): EngineOutcome {
  const restore = {
    args: [],
    hasArgs: false,
    env: {},
    cwd: '',
    cwdPolicy: 'image',
    envPolicy: 'image',
    directory,
    startedAt: Date.now(),
    frozenMs: 0,
    frozenMonotonicMs: 0,
    duration: 0,
  } as const;
  return { kind: 'restored', restore };
}
