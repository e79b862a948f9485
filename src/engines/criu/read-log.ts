import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** How many of CRIU's complaints a sentence names. */
const MOST = 2;

/** What CRIU complains about all the same and goes on, or says at the end of every failure. */
const NOISE = /RLIMIT_NOFILE|Dumping FAILED|Restoring FAILED/;

/** The last complaints in what CRIU wrote, as one line; empty when there are none. */
export function lastErrors(text: string): string {
  const lines = text
    .split('\n')
    .filter((line) => /\bError\b/.test(line) && !NOISE.test(line))
    .map((line) => line.replace(/^.*?\bError\s*(\([^)]*\))?:?\s*/, '').trim())
    .filter((line) => line !== '');
  return lines.slice(-MOST).join('; ');
}

/** The last complaints of CRIU in the first of these files of a folder that holds some. */
export function lastErrorsIn(folder: string, files: readonly string[]): string {
  for (const file of files) {
    const errors = lastErrors(readOrNothing(join(folder, file)));
    if (errors !== '') return errors;
  }
  return lastLine(files.map((file) => readOrNothing(join(folder, file))).join('\n'));
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
