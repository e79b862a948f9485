import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PackageReference } from '../error-details.js';

const FOLDER = '/node_modules/';

/** A package, and whether it was installed: the others are the program itself. */
export interface FoundPackage extends PackageReference {
  readonly installed: boolean;
}

/** The package to which a file of JavaScript belongs; `undefined` for those of Node.js and for files of no package. */
export function findPackage(file: string): FoundPackage | undefined {
  if (!file.startsWith('/')) return undefined;
  const at = file.lastIndexOf(FOLDER);
  if (at < 0) return describe(enclosing(file), false);
  const [scope = '', rest] = file.slice(at + FOLDER.length).split('/');
  const name = scope.startsWith('@') ? `${scope}/${rest}` : scope;
  const root = join(file.slice(0, at), FOLDER, name);
  return describe(readManifest(root) ?? { name }, true);
}

/** The nearest `package.json` that has a name; those without one only say of what kind the files are. */
function enclosing(file: string): Manifest | undefined {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const manifest = readManifest(folder);
    if (manifest?.name !== undefined || folder === '/') return manifest;
  }
}

interface Manifest {
  readonly name?: unknown;
  readonly version?: unknown;
}

function describe(manifest: Manifest | undefined, installed: boolean): FoundPackage | undefined {
  const { name, version } = manifest ?? {};
  if (typeof name !== 'string') return undefined;
  return { name, ...(typeof version === 'string' && { version }), installed };
}

function readManifest(folder: string): Manifest | undefined {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return typeof manifest === 'object' && manifest !== null ? manifest : undefined;
  } catch {
    return undefined;
  }
}
