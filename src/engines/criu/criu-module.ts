import { loadBinding } from '../../binding/load.js';
import type { EngineModule } from '../engine.js';
import { createCriuEngine, NAME } from './criu-engine.js';
import { examineCriu } from './examine.js';
import { CRIU_OPTIONS, readCriuOptions } from './options.js';
import { restoreWithCriu } from './restore.js';

/** CRIU, which has to be installed: the process keeps its number and those of its threads. */
export const criuModule: EngineModule = {
  name: NAME,
  description:
    'has CRIU 4 write and restore the process, with the same pid (Linux, as root or with capabilities)',
  options: CRIU_OPTIONS,
  create: (services) => createCriuEngine(loadBinding, services),
  restore: restoreWithCriu,
  examine: (options) => examineCriu(readCriuOptions(options).location, true).findings,
};
