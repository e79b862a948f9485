import { setFlagsFromString } from 'node:v8';

/** Switches a flag of V8, unless the program was started with a value of its own for it. */
export function setFlag(name: string, on: boolean): void {
  if (!process.execArgv.some((argument) => nameOf(argument) === name)) {
    setFlagsFromString(on ? `--${name}` : `--no-${name}`);
  }
}

/** V8 takes `--no-some-flag`, `--nosome-flag` and `--some_flag` alike. */
function nameOf(argument: string): string {
  const [name = ''] = argument.replaceAll('_', '-').split('=');
  return name.replace(/^--?(?:no-?)?/, '');
}
