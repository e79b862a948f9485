import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Image } from '../image/image.js';
import { parseManifest, stringifyManifest } from '../image/manifest.js';
import { CORE_FILE } from '../image/read-image.js';

/** What is known of the files of an image beside the content of `process.core`. */
export interface ImageFiles {
  /** Bytes that `process.core` occupies on disk, which is less than its size where it has holes. */
  readonly diskUsage: number;
  /** Everything that makes the launcher refuse the image, or that is not as it was written; one sentence each. */
  readonly problems: readonly string[];
}

/** Looks at owner, permissions and `manifest.json` of the image in `directory`. */
export async function inspectFiles(directory: string, image: Image): Promise<ImageFiles> {
  const core = await stat(join(directory, CORE_FILE));
  const access = await Promise.all([directory, join(directory, CORE_FILE)].map(accessProblem));
  const copy = await manifestProblem(join(directory, 'manifest.json'), image);
  return {
    diskUsage: core.blocks * 512,
    problems: [...access, copy].filter((problem) => problem !== undefined),
  };
}

async function accessProblem(path: string): Promise<string | undefined> {
  const { uid, mode } = await stat(path);
  const user = process.geteuid?.() ?? uid;
  if (uid !== user && uid !== 0)
    return `${path} belongs to user ${uid}, and only user ${uid} and root could have written it safely.`;
  if (mode & 0o022)
    return `${path} can be written by others than its owner (0${(mode & 0o777).toString(8)}).`;
  return undefined;
}

async function manifestProblem(path: string, image: Image): Promise<string | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return `${path} cannot be read; the manifest inside of ${CORE_FILE} is the one that counts.`;
  }
  const parsed = parseManifest(text);
  if (!parsed.ok)
    return `${path} is invalid: ${parsed.problem}; the manifest inside of ${CORE_FILE} is the one that counts.`;
  if (stringifyManifest(parsed.manifest) === stringifyManifest(image.manifest)) return undefined;
  return `${path} differs from the manifest inside of ${CORE_FILE}, which is the one that counts.`;
}
