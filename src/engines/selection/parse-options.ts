import { resolve } from 'node:path';
import { cracError } from '../../errors.js';
import type {
  EngineModule,
  EngineOption,
  EngineOptionValue,
  EngineOptionValues,
  EnginePhase,
} from '../engine.js';

/** Keys that only the runtime sets. */
export const RESERVED_KEYS: readonly string[] = ['image_location'];

/** Options as somebody gave them: as the text of the command line and the environment, or as an object. */
export type GivenOptions = string | Readonly<Record<string, unknown>>;

/** A list of options, and whether it is meant for this phase alone. */
export interface OptionSource {
  readonly given: GivenOptions | undefined;
  /** In a list for both phases, options of the other one are left out. */
  readonly strict: boolean;
}

type Described = Pick<EngineModule, 'name' | 'options'>;

const WORD_FOR_PHASE = { checkpoint: 'a checkpoint', restore: 'a restore' } as const;

/**
 * Checks options against what the engine describes. Of several lists that set a key the last one counts; within one list that is an error.
 *
 * @throws {CracException} `ERR_CRAC_ENGINE_OPTION`
 */
export function parseOptions(
  module: Described,
  phase: EnginePhase,
  sources: readonly OptionSource[],
): EngineOptionValues {
  const applying = module.options.filter(({ phases }) => phases.includes(phase));
  const values: Record<string, EngineOptionValue> = {};
  for (const { key, default: value } of applying) if (value !== undefined) values[key] = value;
  for (const { given, strict } of sources) {
    for (const [key, value] of entriesOf(module, given)) {
      const option = find(module, key);
      const parsed = parseValue(module, option, value);
      if (option.phases.includes(phase)) values[key] = parsed;
      else if (strict) throw refuse(module, key, `is none of ${WORD_FOR_PHASE[phase]}`);
    }
  }
  return values;
}

/** The pattern behind `help=`, an empty one for `help` alone, `undefined` when no help is asked for. */
export function helpPattern(text: string | undefined): string | undefined {
  if (text === 'help') return '';
  return text?.startsWith('help=') ? text.slice('help='.length) : undefined;
}

function entriesOf(
  module: Described,
  given: GivenOptions | undefined,
): readonly (readonly [string, unknown])[] {
  if (given === undefined) return [];
  const entries = typeof given === 'string' ? split(given) : Object.entries(given);
  const seen = new Set<string>();
  for (const [key] of entries) {
    if (seen.has(key)) throw refuse(module, key, 'is given twice');
    seen.add(key);
  }
  return entries;
}

/** `k=v,k2`: a comma that belongs to a value has a backslash before it. */
function split(text: string): (readonly [string, unknown])[] {
  const words = text.match(/(?:\\.|[^,\\])+/g) ?? [];
  return words.map((word) => {
    const [, key = '', value] = /^([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    return [key.trim(), value?.replaceAll('\\,', ',')] as const;
  });
}

function find(module: Described, key: string): EngineOption {
  if (RESERVED_KEYS.includes(key)) throw refuse(module, key, 'is set by the runtime alone');
  return module.options.find((option) => option.key === key) ?? raise(refuse(module, key, 'is unknown'));
}

function parseValue(module: Described, { key, type }: EngineOption, value: unknown): EngineOptionValue {
  if (type === 'boolean') {
    if (value === undefined || value === true || value === 'true') return true;
    if (value === false || value === 'false') return false;
    throw refuse(module, key, `must be true or false, but it is ${preview(value)}`);
  }
  if (type === 'number') {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof number === 'number' && Number.isFinite(number)) return number;
    throw refuse(module, key, `must be a number, but it is ${preview(value)}`);
  }
  if (typeof value !== 'string') throw refuse(module, key, `must be a ${type}, but it is ${preview(value)}`);
  if (type === 'text') return value;
  return value === '' ? raise(refuse(module, key, 'must be a path, but it is empty')) : resolve(value);
}

function preview(value: unknown): string {
  return value === undefined ? 'missing' : (JSON.stringify(value) ?? typeof value);
}

function refuse({ name, options }: Described, key: string, reason: string): Error {
  const known = options.map((option) => option.key);
  return cracError('ERR_CRAC_ENGINE_OPTION', { engine: name, key, reason, known });
}

function raise(error: Error): never {
  throw error;
}
