import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Absolute path of something in the repository. */
export function inRepository(path: string): string {
  return root + path;
}
