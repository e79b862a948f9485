import { existsSync } from 'node:fs';
import { inRepository } from './paths.js';

/** The executable of a major version of Node, or of the one that runs this. */
export function findNode(major: string): string {
  if (major === 'current') return process.execPath;
  const file = inRepository(`test/nodes/node_modules/node${major}/bin/node`);
  if (!existsSync(file)) throw new Error(`Node ${major} is not installed: run npm ci --prefix test/nodes.`);
  return file;
}
