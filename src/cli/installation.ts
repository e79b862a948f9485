import { fileURLToPath } from 'node:url';

/** Absolute path of a file of this package. */
export function packageFile(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}

/** Absolute path of the program that becomes the restored process. */
export function launcherPath(): string {
  return packageFile('prebuilds/linux-x64/crac-launcher');
}
