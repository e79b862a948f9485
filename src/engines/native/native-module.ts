import { loadBinding } from '../../binding/load.js';
import type { EngineModule } from '../engine.js';
import { createNativeEngine } from './native-engine.js';

/** The embedded engine. Its images are restored by the launcher, without Node. */
export const nativeModule: EngineModule = {
  name: 'native',
  description:
    'writes the process to disk and restores it in milliseconds, without privileges (Linux x86-64)',
  options: [
    {
      key: 'verify',
      type: 'boolean',
      default: false,
      phases: ['checkpoint'],
      description: 'read the image back and compare it with the stopped process, byte for byte',
    },
  ],
  create: (services) => createNativeEngine(loadBinding, services),
};
