import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The Node versions that the package supports; each has an alias in `test/nodes/package.json`. */
export const NODE_MAJORS = ['20', '22', '24', '26'] as const;

/** The executable of one supported Node; `current` is the one that runs this. */
export function findNode(major: string): string {
  if (major === 'current') return process.execPath;
  const file = fileURLToPath(
    new URL(`../../../test/nodes/node_modules/node${major}/bin/node`, import.meta.url),
  );
  if (!existsSync(file))
    throw new Error(`Node ${major} is not installed: run \`npm ci --prefix test/nodes\`.`);
  return file;
}
