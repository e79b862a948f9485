import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(new URL('../../../test/libraries/package.json', import.meta.url));

/** Loads a package of `test/libraries` as CommonJS. */
export function requireLibrary<Exports>(name: string): Exports {
  return require(name) as Exports;
}

/** Loads a package of `test/libraries` as an ES module. */
export async function importLibrary<Exports>(name: string): Promise<Exports> {
  return import(pathToFileURL(require.resolve(name)).href) as Promise<Exports>;
}
