/**
 * What lies in an image directory: `manifest.json`, by which the image is known, and a folder with its id in the name, which holds CRIU's own
 * files and `crac.json`. A new image is written to a folder of its own beside the old one's, so that the old one stays whole until the
 * manifest changes.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const PREFIX = 'criu-';
const FACTS_FILE = 'crac.json';

/** What has to be known of the machine and of the process before it is restored. */
export interface ImageFacts {
  /** Milliseconds of the monotonic clock at the checkpoint. */
  readonly monotonic: number;
  /** The boot of the machine in which they count. */
  readonly bootId: string;
}

/** The folder with CRIU's files of one image. */
export function imageFolder(directory: string, id: string): string {
  return join(directory, `${PREFIX}${id}`);
}

/** Makes the folder of a new image. */
export function createImageFolder(folder: string, facts: ImageFacts): void {
  mkdirSync(folder, { mode: 0o700 });
  writeFileSync(join(folder, FACTS_FILE), `${JSON.stringify(facts)}\n`, { mode: 0o600 });
}

/** Removes what earlier images of this engine left in the directory. */
export function removeOtherImages(directory: string, id: string): void {
  for (const name of readdirSync(directory)) {
    if (name.startsWith(PREFIX) && name !== `${PREFIX}${id}`) removeFolder(join(directory, name));
  }
}

/** Removes a folder of an image; what is in the way stays. */
export function removeFolder(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    return;
  }
}

/** Reads the facts; `undefined` when the image is not whole. */
export function readFacts(folder: string): ImageFacts | undefined {
  try {
    const { monotonic, bootId } = JSON.parse(readFileSync(join(folder, FACTS_FILE), 'utf8'));
    return typeof monotonic === 'number' && typeof bootId === 'string' ? { monotonic, bootId } : undefined;
  } catch {
    return undefined;
  }
}

/** The numbers of the process's threads, which a restore gives them again. */
export function readThreads(folder: string): readonly number[] {
  return readdirSync(folder).flatMap((name) => {
    const [, number] = /^core-(\d+)\.img$/.exec(name) ?? [];
    return number === undefined ? [] : [Number(number)];
  });
}
