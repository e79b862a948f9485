import { ENGINE_OPTION_TYPES, ENGINE_PHASES } from '../engine.js';
import { RESERVED_KEYS } from './parse-options.js';

const NAME = /^[a-z][a-z0-9-]*$/;
const KEY = /^[a-z][a-z0-9_.]*$/;

/** What is wrong with the exports of an engine's module, as a clause behind its name; `undefined` when nothing is. */
export function problemOf(module: unknown): string | undefined {
  if (!isRecord(module)) return 'exports no object';
  const { name, description, options, create, restore } = module;
  if (typeof name !== 'string' || !NAME.test(name)) {
    return 'exports no "name" of lower-case letters, digits and dashes';
  }
  if (typeof description !== 'string') return 'exports no text "description"';
  if (typeof create !== 'function') return 'exports no function "create"';
  if (restore !== undefined && typeof restore !== 'function')
    return 'exports a "restore" that is no function';
  if (!Array.isArray(options)) return 'exports no list "options"';
  return problemOfOptions(options);
}

function problemOfOptions(options: readonly unknown[]): string | undefined {
  const keys = new Set<unknown>();
  for (const option of options) {
    if (!isRecord(option) || typeof option['key'] !== 'string' || !KEY.test(option['key'])) {
      return 'describes an option without a "key" of lower-case letters, digits, underscores and dots';
    }
    const problem = problemOfOption(option);
    if (problem !== undefined) return `describes the option "${option['key']}" ${problem}`;
    if (keys.has(option['key'])) return `describes the option "${option['key']}" twice`;
    keys.add(option['key']);
  }
  return undefined;
}

function problemOfOption({ key, type, phases, description }: Record<string, unknown>): string | undefined {
  if (RESERVED_KEYS.includes(String(key))) return 'whose name is reserved for the runtime';
  if (!isOneOf(ENGINE_OPTION_TYPES, type)) return `whose type is none of ${ENGINE_OPTION_TYPES.join(', ')}`;
  if (typeof description !== 'string') return 'without a text "description"';
  const known = Array.isArray(phases) && phases.every((phase) => isOneOf(ENGINE_PHASES, phase));
  return known ? undefined : `whose phases are not among ${ENGINE_PHASES.join(', ')}`;
}

function isOneOf(list: readonly string[], value: unknown): boolean {
  return typeof value === 'string' && list.includes(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
