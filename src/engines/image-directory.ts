import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { cracError } from '../errors.js';

/** Names of the files by which an image is known: the readable description, and the native engine's image, which counts when both are there. */
const [MANIFEST_FILE, CORE_FILE] = ['manifest.json', 'process.core'] as const;

/** Permissions with which no restore would trust the image. */
const WRITABLE_BY_OTHERS = 0o022;

/** Makes sure that an image can be written to `directory`, creating it for this user alone; returns how to undo that. */
export function prepareDirectory(directory: string): () => void {
  const stats = attempt(directory, () => statSync(directory, { throwIfNoEntry: false }));
  if (stats === undefined) return createDirectory(directory);
  if (!stats.isDirectory()) throw refusal(directory, 'it is no directory; name another one');
  if ((stats.mode & WRITABLE_BY_OTHERS) !== 0) {
    throw refusal(
      directory,
      'other users can change it; take their write permission away (chmod go-w) or name another one',
    );
  }
  checkWritable(directory);
  refuseForeignFile(directory);
  return () => {};
}

/**
 * Makes `directory` the image that `manifest` describes, in one step; an image of the native engine is removed then. `beside` are the
 * texts of other files that describe it, by name.
 */
export function commitImage(
  directory: string,
  manifest: string,
  beside: Readonly<Record<string, string>> = {},
): void {
  for (const [name, text] of Object.entries({ ...beside, [MANIFEST_FILE]: manifest })) {
    writeWhole(join(directory, name), text);
  }
  rmSync(join(directory, CORE_FILE), { force: true });
}

/** Writes a file so that it is there as a whole or not at all. */
function writeWhole(path: string, text: string): void {
  const temporary = `${path}.tmp`;
  const file = openSync(temporary, 'w', 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
}

function createDirectory(directory: string): () => void {
  const parent = dirname(directory);
  if (!isDirectory(attempt(directory, () => statSync(parent, { throwIfNoEntry: false })))) {
    throw refusal(directory, `its parent ${parent} is no directory; create that first`);
  }
  attempt(directory, () => mkdirSync(directory, { mode: 0o700 }));
  return () => removeIfEmpty(directory);
}

/** A manifest.json that is of no image belongs to somebody: web applications have files of that name. */
function refuseForeignFile(directory: string): void {
  if (existsSync(join(directory, CORE_FILE))) return;
  const path = join(directory, MANIFEST_FILE);
  if (!existsSync(path) || attempt(directory, () => isManifest(readFileSync(path, 'utf8')))) return;
  throw refusal(directory, `its ${MANIFEST_FILE} is of no image and would be lost; name another one`);
}

function isManifest(text: string): boolean {
  try {
    const { format, id, engine } = JSON.parse(text);
    return typeof format === 'number' && typeof id === 'string' && typeof engine === 'string';
  } catch {
    return false;
  }
}

function checkWritable(directory: string): void {
  attempt(directory, () => accessSync(directory, constants.W_OK | constants.X_OK));
}

function attempt<Result>(directory: string, step: () => Result): Result {
  try {
    return step();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw refusal(directory, `${reason}; make it writable for this user or name another one`, cause);
  }
}

function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    return;
  }
}

function isDirectory(stats: Stats | undefined): boolean {
  return stats?.isDirectory() ?? false;
}

function refusal(directory: string, reason: string, cause?: unknown): Error {
  return cracError('ERR_CRAC_DIRECTORY_REFUSED', { directory, reason }, cause);
}
