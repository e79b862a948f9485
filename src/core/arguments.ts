import { cracError } from '../errors.js';
import { describeValue } from './describe-value.js';
import type { Resource } from './resource.js';

/** Refuses what has not both methods of a resource. */
export function checkResource(resource: unknown): asserts resource is Resource {
  const methods = ['beforeCheckpoint', 'afterRestore'] as const;
  const isObject = (typeof resource === 'object' && resource !== null) || typeof resource === 'function';
  if (isObject && methods.every((method) => typeof (resource as Partial<Resource>)[method] === 'function'))
    return;
  refuseArgument('resource', 'an object with the methods beforeCheckpoint and afterRestore', resource);
}

/** Refuses a deadline that is no positive number of milliseconds; `Infinity` means none. */
export function checkTimeout(timeout: unknown): number | undefined {
  if (timeout === undefined || (typeof timeout === 'number' && timeout > 0)) return timeout;
  return refuseArgument('timeout', 'a positive number of milliseconds', timeout);
}

/** Refuses a name that is no text. */
export function checkName(name: unknown): string | undefined {
  if (name === undefined || (typeof name === 'string' && name !== '')) return name;
  return refuseArgument('name', 'a string that is not empty', name);
}

/** Refuses options that are no object; `undefined` is for the caller to fill in. */
export function checkOptions(options: unknown, argument = 'options'): void {
  if (typeof options !== 'object' || options === null) refuseArgument(argument, 'an object', options);
}

/** Refuses what cannot be called. */
export function checkFunction(argument: string, value: unknown): void {
  if (typeof value !== 'function') refuseArgument(argument, 'a function', value);
}

/** Refuses an argument of the wrong kind. */
export function refuseArgument(argument: string, expected: string, value: unknown): never {
  throw cracError('ERR_CRAC_INVALID_ARGUMENT', { argument, expected, received: describeValue(value) });
}
