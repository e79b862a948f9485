import { InvalidArgumentError } from 'commander';

/** Reads a number of seconds of an option. */
export function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= 86400))
    throw new InvalidArgumentError('It must be a number of seconds between 0 and 86400.');
  return seconds;
}

/** The same where 0 is one. */
export function parseSecondsOrNone(text: string): number {
  return text === '0' ? 0 : parseSeconds(text);
}
