import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const directories = new Set<string>();
process.once('exit', () => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

/** A new directory that is deleted when this process exits. */
export function makeScratch(name: string): string {
  const directory = mkdtempSync(join(tmpdir(), `node-crac-${name}-`));
  directories.add(directory);
  return directory;
}
