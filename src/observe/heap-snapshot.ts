import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { writeHeapSnapshot as write } from 'node:v8';

/** Writes the heap into a new file of `directory` that only this user can read, and returns its path. */
export function writeHeapSnapshot(directory: string): string {
  const time = new Date().toISOString().replaceAll(/[-:]/g, '');
  const path = join(directory, `crac-${process.pid}-${time}.heapsnapshot`);
  closeSync(openSync(path, 'wx', 0o600));
  return write(path);
}
