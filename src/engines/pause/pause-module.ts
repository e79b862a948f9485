import type { EngineModule } from '../engine.js';
import { createPauseEngine } from './pause-engine.js';
import { wakeUp } from './wake-up.js';

/** No image: the process waits at the checkpoint until `crac restore` wakes it. It needs no privileges and no native code. */
export const pauseModule: EngineModule = {
  name: 'pause',
  description: 'the process waits at the checkpoint until it is restored, once (every platform)',
  options: [],
  create: createPauseEngine,
  restore: wakeUp,
};
