import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { cracError } from '../errors.js';
import { type Manifest, parseManifest } from './manifest.js';
import { CORE_FILE, readImage } from './read-image.js';

/** Name of the readable description inside of an image directory. */
export const MANIFEST_FILE = 'manifest.json';

/** The engine whose images are nothing without a core file. */
const OF_CORE_FILES = 'native';

/** What can be told of an image of any engine. */
export interface ImageSummary {
  readonly id: string;
  /** Bytes of all its files. */
  readonly size: number;
}

/** Reads what can be told of the image in `directory`, whatever engine wrote it. */
export async function readImageSummary(directory: string): Promise<ImageSummary> {
  const manifest = await readForeignManifest(directory);
  if (manifest === undefined) return readImage(directory);
  const names = await readdir(directory, { recursive: true });
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(directory, name))).size));
  return { id: manifest.id, size: sizes.reduce((total, size) => total + size, 0) };
}

/** The manifest of an image that another engine than the native one wrote; `undefined` for an image of that or none at all. */
export async function readForeignManifest(directory: string): Promise<Manifest | undefined> {
  const exists = async (name: string): Promise<boolean> =>
    stat(join(directory, name)).then(
      () => true,
      () => false,
    );
  if ((await exists(CORE_FILE)) || !(await exists(MANIFEST_FILE))) return undefined;
  const manifest = await readManifest(join(directory, MANIFEST_FILE));
  if (manifest.engine !== OF_CORE_FILES) return manifest;
  throw cracError('ERR_CRAC_IMAGE_MISSING', { path: join(directory, CORE_FILE) });
}

async function readManifest(path: string): Promise<Manifest> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw cracError('ERR_CRAC_IMAGE_MISSING', { path }, cause);
  });
  const result = parseManifest(text);
  if (result.ok) return result.manifest;
  throw cracError('ERR_CRAC_IMAGE_DAMAGED', { path, reason: result.problem });
}
