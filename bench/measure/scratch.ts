import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new directory that is deleted when this process exits. */
export function makeScratch(name: string): string {
  const directory = mkdtempSync(join(tmpdir(), `node-crac-${name}-`));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
