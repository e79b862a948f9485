import { readFileSync, readSync } from 'node:fs';
import type { OpenDescriptor } from '../descriptors/open-descriptor.js';
import type { Origin } from '../descriptors/origin.js';
import { findPackage } from './find-package.js';
import { adviceOf } from './library-advice.js';

const MAGIC = 'SQLite format 3\0';

/** Recognises files of SQLite, which native code opens: no JavaScript object knows their descriptor. */
export function describeDatabase(descriptor: OpenDescriptor): Origin {
  const { kind, target } = descriptor;
  if (kind !== 'file' || !(/-(?:wal|shm|journal)$/.test(target) || hasMagic(descriptor))) return {};
  const owner = loadedAddons()
    .flatMap((file) => findPackage(file) ?? [])
    .find(({ name }) => /sqlite|libsql/.test(name));
  const { name, version } = owner ?? { name: 'node:sqlite' };
  const advice = adviceOf('node:sqlite', descriptor);
  return {
    holder: 'SQLite database',
    owner: { name: name.replace(/^@libsql\/.*/, 'libsql'), ...(version !== undefined && { version }) },
    ...(advice !== undefined && { advice }),
  };
}

/** By the open descriptor itself: closing another one of the same file would take away the locks of SQLite. */
function hasMagic({ fd }: OpenDescriptor): boolean {
  const head = Buffer.alloc(MAGIC.length);
  try {
    return readSync(fd, head, 0, head.length, 0) === head.length && head.toString('latin1') === MAGIC;
  } catch {
    return false;
  }
}

/** Files of the native addons that this process has loaded. */
export function loadedAddons(): readonly string[] {
  const paths = readFileSync('/proc/self/maps', 'utf8').match(/\/\S.*\.node$/gm);
  return [...new Set(paths ?? [])];
}
