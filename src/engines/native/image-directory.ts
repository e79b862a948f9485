import { accessSync, constants, mkdirSync, rmdirSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { cracError } from '../../errors.js';

/** Makes sure that an image can be written to `directory`, creating it for this user alone; returns how to undo that. */
export function prepareDirectory(directory: string): () => void {
  const stats = attempt(directory, () => statSync(directory, { throwIfNoEntry: false }));
  if (stats === undefined) return createDirectory(directory);
  if (!stats.isDirectory()) throw refusal(directory, 'it is no directory; name another one');
  checkWritable(directory);
  return () => {};
}

function createDirectory(directory: string): () => void {
  const parent = dirname(directory);
  if (!isDirectory(attempt(directory, () => statSync(parent, { throwIfNoEntry: false })))) {
    throw refusal(directory, `its parent ${parent} is no directory; create that first`);
  }
  attempt(directory, () => mkdirSync(directory, { mode: 0o700 }));
  return () => removeIfEmpty(directory);
}

function checkWritable(directory: string): void {
  attempt(directory, () => accessSync(directory, constants.W_OK | constants.X_OK));
}

function attempt<Result>(directory: string, step: () => Result): Result {
  try {
    return step();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw refusal(directory, `${reason}; make it writable for this user or name another one`, cause);
  }
}

function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    return;
  }
}

function isDirectory(stats: Stats | undefined): boolean {
  return stats?.isDirectory() ?? false;
}

function refusal(directory: string, reason: string, cause?: unknown): Error {
  return cracError('ERR_CRAC_DIRECTORY_REFUSED', { directory, reason }, cause);
}
