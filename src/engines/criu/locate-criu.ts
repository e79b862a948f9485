import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where Debian and others install it, which is not in the `PATH` of ordinary users. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** Where CRIU is, or a clause that says why it cannot be started from there. */
export type Located = { readonly path: string } | { readonly problem: string };

/** Finds CRIU: where an option says, else in `PATH` and the system's folders. */
export function locateCriu(location: string | undefined, path: string = process.env['PATH'] ?? ''): Located {
  if (location !== undefined) return checkLocation(location);
  const folders = [...path.split(delimiter).filter((folder) => folder.startsWith('/')), ...SYSTEM_FOLDERS];
  const found = folders.map((folder) => join(folder, 'criu')).find(isExecutable);
  if (found !== undefined) return { path: found };
  return {
    problem:
      'criu is not installed; install version 4.0 or later, or name it with the option criu_location=PATH',
  };
}

function checkLocation(path: string): Located {
  if (isExecutable(path)) return { path };
  return { problem: `criu_location names ${path}, which is no executable file` };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
