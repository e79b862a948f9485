import { createRequire } from 'node:module';
import { isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cracError } from '../../errors.js';
import type { EngineModule } from '../engine.js';
import { ENGINE_NAMES, findBuiltIn } from './built-in.js';
import { problemOf } from './validate-module.js';

/** An engine that was found. */
export interface FoundEngine {
  readonly module: EngineModule;
  /** Absolute path of its file; absent for the engines of this package. */
  readonly file?: string;
}

/**
 * Finds an engine by name, by path or by the name of a package.
 *
 * @param folders - Where packages are looked for, one after the other; a relative path counts from the last one.
 * @throws {CracException} `ERR_CRAC_ENGINE_INVALID`
 */
export function loadEngine(engine: string, folders: readonly string[]): FoundEngine {
  const builtIn = findBuiltIn(engine);
  if (builtIn !== undefined) return { module: builtIn };
  const file = isPath(engine) ? toPath(engine, folders.at(-1) ?? '.') : findPackage(engine, folders);
  const module = load(engine, file);
  const problem = problemOf(module);
  if (problem !== undefined) throw refuse(engine, `its module ${file} ${problem}`);
  return { module: module as EngineModule, file };
}

/** Whether an engine is named by its path. */
export function isPath(engine: string): boolean {
  return isAbsolute(engine) || /^(?:\.{0,2}[\\/]|file:)/.test(engine) || /\.[cm]?[jt]s$/.test(engine);
}

function toPath(engine: string, folder: string): string {
  return engine.startsWith('file:') ? fileURLToPath(engine) : resolve(folder, engine);
}

function findPackage(engine: string, folders: readonly string[]): string {
  let problem: unknown;
  for (const folder of folders) {
    try {
      return createRequire(join(folder, 'engine.js')).resolve(engine);
    } catch (error) {
      problem = error;
    }
  }
  const reason = `it is neither one of ${ENGINE_NAMES.join(', ')} nor a package that can be found in ${[...new Set(folders)].join(' or ')}`;
  throw refuse(engine, reason, problem);
}

function load(engine: string, file: string): unknown {
  try {
    const loaded: unknown = createRequire(import.meta.url)(file);
    return chooseExports(loaded);
  } catch (cause) {
    const [reason = ''] = String(cause instanceof Error ? cause.message : cause).split('\n');
    throw refuse(engine, `its module ${file} cannot be loaded (${reason.replace(/\.$/, '')})`, cause);
  }
}

/** An engine may be what a module exports, or its default export. */
function chooseExports(loaded: unknown): unknown {
  if (typeof loaded !== 'object' || loaded === null || 'create' in loaded) return loaded;
  return 'default' in loaded ? loaded.default : loaded;
}

function refuse(engine: string, reason: string, cause?: unknown): Error {
  return cracError('ERR_CRAC_ENGINE_INVALID', { engine, reason }, cause);
}
