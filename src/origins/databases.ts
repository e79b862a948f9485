import { existsSync, readFileSync, readSync } from 'node:fs';
import type { OpenDescriptor } from '../descriptors/open-descriptor.js';
import type { Origin } from '../descriptors/origin.js';
import type { PackageReference } from '../error-details.js';
import { findPackage } from './find-package.js';
import { adviceOf } from './library-advice.js';

const MAGIC = 'SQLite format 3\0';

/** Recognises files of SQLite, which native code opens: no JavaScript object knows their descriptor. */
export function describeDatabase(descriptor: OpenDescriptor): Origin {
  const { kind, target } = descriptor;
  if (kind !== 'file' || !(/-(?:wal|shm|journal)$/.test(target) || hasMagic(descriptor))) return {};
  const { name, version } = libraryOf(loadedAddons().flatMap((file) => findPackage(file) ?? []));
  const advice = isInWalMode(target) ? WAL_ADVICE : adviceOf('node:sqlite', descriptor);
  return {
    holder: 'SQLite database',
    owner: { name, ...(version !== undefined && { version }) },
    ...(advice !== undefined && { advice }),
  };
}

/** Which of several libraries has opened a file nobody can tell: all are named. */
export function libraryOf(addons: readonly PackageReference[]): PackageReference {
  const found = addons
    .filter(({ name }) => /sqlite|libsql/.test(name))
    .map((each) => ({ ...each, name: each.name.replace(/^@libsql\/.*/, 'libsql') }));
  const names = [...new Set(found.map(({ name }) => name))].sort();
  return names.length > 1 ? { name: names.join(' or ') } : (found[0] ?? { name: 'node:sqlite' });
}

const WAL_ADVICE =
  'its index in WAL mode is a mapping that other processes may change, so no policy is enough: close the database in beforeCheckpoint and open it again in afterRestore; or call PRAGMA journal_mode = DELETE before and PRAGMA journal_mode = WAL after, and let the policy "reopen" with "changed: allow" keep its file';

function isInWalMode(target: string): boolean {
  return /-(?:wal|shm)$/.test(target) || existsSync(`${target}-wal`);
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
