import { cachedDataVersionTag, setFlagsFromString } from 'node:v8';
import { parseNodeOptions } from './parse-node-options.js';

/** Switches a flag of V8, unless the program was started with a value of its own for it. */
export function setFlag(name: string, on: boolean): void {
  if (!isGiven(name)) write(name, on);
}

/** Whether a flag of V8 is on, whoever has set it. V8 does not tell, but code that it keeps is valid only for the same values of all flags. */
export function isOn(name: string): boolean {
  const before = cachedDataVersionTag();
  write(name, true);
  if (cachedDataVersionTag() === before) return true;
  write(name, false);
  return false;
}

function write(name: string, on: boolean): void {
  setFlagsFromString(on ? `--${name}` : `--no-${name}`);
}

function isGiven(flag: string): boolean {
  const given = [
    ...process.execArgv,
    ...parseNodeOptions(process.env['NODE_OPTIONS'] ?? '').map(({ name }) => name),
  ];
  return given.some((argument) => nameOf(argument) === flag);
}

/** V8 takes `--no-some-flag`, `--nosome-flag` and `--some_flag` alike. */
function nameOf(argument: string): string {
  const [name = ''] = argument.replaceAll('_', '-').split('=');
  return name.replace(/^--?(?:no-?)?/, '');
}
