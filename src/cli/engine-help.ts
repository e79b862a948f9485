import { defaultEngineName } from '../engines/selection/built-in.js';
import { searchFolders } from '../engines/selection/engines.js';
import { loadEngine } from '../engines/selection/load-engine.js';
import { helpPattern } from '../engines/selection/parse-options.js';
import { renderOptions } from '../engines/selection/render-options.js';
import { printLine } from './terminal.js';

/** What the command line says about the engine. */
export interface EngineFlags {
  readonly engine?: string;
  readonly engineOptions?: string;
}

/** Prints the options of the engine if `--engine-options help` asks for that; returns whether it does. */
export function printEngineHelp({ engine, engineOptions }: EngineFlags): boolean {
  const pattern = helpPattern(engineOptions);
  if (pattern === undefined) return false;
  const name = engine || process.env['CRAC_ENGINE'] || defaultEngineName(process);
  printLine(renderOptions(loadEngine(name, searchFolders(undefined)).module, pattern));
  return true;
}
