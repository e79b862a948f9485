/**
 * Loaded by the preload when the environment says something about the engine: what cannot be is one sentence and exit code 64, and
 * `CRAC_ENGINE_OPTIONS=help` prints the options.
 */
import { writeSync } from 'node:fs';
import { defaultEngineName } from './engines/selection/built-in.js';
import { readConfiguration, searchFolders } from './engines/selection/engines.js';
import { loadEngine } from './engines/selection/load-engine.js';
import { helpPattern, parseOptions } from './engines/selection/parse-options.js';
import { renderOptions } from './engines/selection/render-options.js';
import { describeError } from './errors.js';

/** Exit code for a wrong usage, as that of the command. */
const USAGE = 64;

try {
  const { engine, options } = readConfiguration(process.env);
  const { module } = loadEngine(engine ?? defaultEngineName(process), searchFolders(process.argv[1]));
  const pattern = helpPattern(process.env['CRAC_ENGINE_OPTIONS']);
  if (pattern === undefined) parseOptions(module, 'checkpoint', options);
  else end(1, renderOptions(module, pattern), 0);
} catch (error) {
  end(2, `crac: ${describeError(error).message}`, USAGE);
}

/** At this moment standard streams are not made yet, and making them would change the program. */
function end(fd: number, text: string, status: number): never {
  writeSync(fd, `${text}\n`);
  process.exit(status);
}
