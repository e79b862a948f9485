import { InvalidArgumentError } from 'commander';

/** Reads a directory to be written to. What looks like an option is one: the variable of the shell that stood before it was empty. */
export function parseDirectory(text: string): string {
  if (text === '' || text.startsWith('--'))
    throw new InvalidArgumentError('It must be a directory; write ./ before a name that begins with --.');
  return text;
}
