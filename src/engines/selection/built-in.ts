import { createRequire } from 'node:module';
import type { EngineModule } from '../engine.js';

const require = createRequire(import.meta.url);

/** The engines of this package, by name. Each is loaded when it is first asked for. */
const BUILT_IN: Readonly<Record<string, () => EngineModule>> = {
  native: () => require('../native/native-module.js').nativeModule,
  criu: () => require('../criu/criu-module.js').criuModule,
  pause: () => require('../pause/pause-module.js').pauseModule,
  simulate: () => require('../simulate/simulate-module.js').simulateModule,
};

/** Names of the engines of this package. */
export const ENGINE_NAMES: readonly string[] = Object.keys(BUILT_IN);

/** The engine that is taken when nobody names one. */
export function defaultEngineName({ platform, arch }: Pick<NodeJS.Process, 'platform' | 'arch'>): string {
  return platform === 'linux' && arch === 'x64' ? 'native' : 'simulate';
}

/** The engine of this package with that name, if there is one. */
export function findBuiltIn(name: string): EngineModule | undefined {
  return Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name]?.() : undefined;
}
