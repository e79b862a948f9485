/** Which engine a process uses, and with which options. */
import { dirname, resolve } from 'node:path';
import { cracError } from '../../errors.js';
import type { Engine, EngineModule, EngineOptionValues, EngineServices } from '../engine.js';
import { defaultEngineName } from './built-in.js';
import { type FoundEngine, loadEngine } from './load-engine.js';
import { type GivenOptions, type OptionSource, parseOptions } from './parse-options.js';

/** What somebody who asks for a checkpoint may say about the engine. */
export interface EngineChoice {
  /** Name, path or package. */
  readonly engine?: string | undefined;
  readonly engineOptions?: GivenOptions | undefined;
}

/** An engine with the options of one checkpoint. */
export interface ChosenEngine {
  readonly engine: Engine;
  readonly options: EngineOptionValues;
  /** Absolute path of its module; absent for the engines of this package. */
  readonly file?: string;
}

/** The engines of this process. */
export interface Engines {
  /**
   * The engine of a checkpoint: the one that is asked for, else that of the environment, else that of the platform.
   *
   * @throws {CracException} `ERR_CRAC_ENGINE_INVALID`, `ERR_CRAC_ENGINE_OPTION`
   */
  choose(choice?: EngineChoice): ChosenEngine;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What the environment says about the engine; a restore that says nothing leaves it as it was. */
export interface Configuration {
  readonly engine: string | undefined;
  readonly options: readonly OptionSource[];
}

const NOTHING: Configuration = { engine: undefined, options: [] };

/** Makes the engines of a process; each is loaded when it is first chosen. */
export function createEngines(services: EngineServices, environment: () => Environment): Engines {
  const found = new Map<string, FoundEngine & { readonly engine: Engine }>();
  let configuration = NOTHING;

  function open(name: string): FoundEngine & { readonly engine: Engine } {
    const known = found.get(name);
    if (known !== undefined) return known;
    const loaded = loadEngine(name, searchFolders(process.argv[1]));
    const opened = { ...loaded, engine: create(loaded.module, services) };
    found.set(name, opened);
    return opened;
  }

  return {
    choose({ engine: asked, engineOptions } = {}) {
      configuration = readConfiguration(environment(), configuration);
      const name = asked || configuration.engine || defaultEngineName(process);
      const { engine, module, file } = open(name);
      const isConfigured = asked === undefined || asked === configuration.engine;
      const options = parseOptions(module, 'checkpoint', [
        ...(isConfigured ? configuration.options : []),
        { given: engineOptions, strict: true },
      ]);
      return { engine, options, ...(file !== undefined && { file }) };
    },
  };
}

/** Where a program's packages are looked for: beside its file, then where it runs. */
export function searchFolders(script: string | undefined, cwd: string = process.cwd()): readonly string[] {
  return script ? [dirname(resolve(cwd, script)), cwd] : [cwd];
}

/** Reads what the environment says about the engine of a checkpoint. */
export function readConfiguration(env: Environment, past: Configuration = NOTHING): Configuration {
  const { CRAC_ENGINE: engine, CRAC_ENGINE_OPTIONS: both, CRAC_CHECKPOINT_ENGINE_OPTIONS: own } = env;
  if (!engine && !both && !own) return past;
  return {
    engine: engine || past.engine,
    options: [
      { given: both, strict: false },
      { given: own, strict: true },
    ],
  };
}

function create(module: EngineModule, services: EngineServices): Engine {
  try {
    return module.create(services);
  } catch (cause) {
    const reason = `it cannot be made (${cause instanceof Error ? cause.message : String(cause)})`;
    throw cracError('ERR_CRAC_ENGINE_INVALID', { engine: module.name, reason }, cause);
  }
}
