import { setFlagsFromString } from 'node:v8';
import { parseNodeOptions } from './parse-node-options.js';

/** Switches a flag of V8, unless the program was started with a value of its own for it. */
export function setFlag(name: string, on: boolean): void {
  if (!isGiven([name])) setFlagsFromString(on ? `--${name}` : `--no-${name}`);
}

/** Whether the program was started with a value for one of these flags of V8. */
export function isGiven(names: readonly string[]): boolean {
  const given = [
    ...process.execArgv,
    ...parseNodeOptions(process.env['NODE_OPTIONS'] ?? '').map(({ name }) => name),
  ];
  return given.some((argument) => names.includes(nameOf(argument)));
}

/** V8 takes `--no-some-flag`, `--nosome-flag` and `--some_flag` alike. */
function nameOf(argument: string): string {
  const [name = ''] = argument.replaceAll('_', '-').split('=');
  return name.replace(/^--?(?:no-?)?/, '');
}
