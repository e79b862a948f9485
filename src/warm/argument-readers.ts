/** Which modules look at the arguments while they are loaded: they keep what they saw, and have to be loaded again for other arguments. */

import { callingFiles } from './call-sites.js';

/** They look for `--color` and the like, everything depends on them, and output that goes to a pipe has no colours. */
const COLOR_PACKAGES =
  /[\\/]node_modules[\\/](@colors[\\/]colors|chalk|colorette|colors|has-flag|nanocolors|picocolors|supports-color)[\\/]/;

/**
 * Gives the program these arguments until they are set back, and calls `found` with the file of each module of CommonJS that reads them while
 * it is loaded.
 *
 * @returns Sets the former arguments back.
 */
export function lendArguments(argv: readonly string[], found: (file: string) => void): () => void {
  const former = process.argv;
  let current = [...argv];
  Object.defineProperty(process, 'argv', {
    configurable: true,
    enumerable: true,
    get() {
      const file = loadedFile();
      if (file !== undefined && !COLOR_PACKAGES.test(file)) found(file);
      return current;
    },
    set(value: string[]) {
      current = value;
    },
  });
  return () =>
    Object.defineProperty(process, 'argv', {
      configurable: true,
      enumerable: true,
      writable: true,
      value: former,
    });
}

/** The innermost module of CommonJS on the stack that is being evaluated: what the loader has called. */
function loadedFile(): string | undefined {
  const files = callingFiles();
  const loader = files.indexOf('node:internal/modules/cjs/loader');
  return files[loader - 1];
}
