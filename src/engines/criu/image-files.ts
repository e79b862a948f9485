/**
 * What lies in an image directory: `manifest.json`, by which the image is known, and a folder with its id in the name, which holds CRIU's own
 * files and `crac.json`. A new image is written to a folder of its own beside the old one's, so that the old one stays whole until the
 * manifest changes.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cracError } from '../../errors.js';
import type { Limits } from './capabilities.js';

const PREFIX = 'criu-';
const FACTS_FILE = 'crac.json';

/** The machine on which an image was made. */
export interface MachineFacts {
  /** Milliseconds of the monotonic clock at the checkpoint. */
  readonly monotonic: number;
  /** The boot of the machine in which they count. */
  readonly bootId: string;
}

/** What was noted of a process and its machine. */
export interface NotedFacts extends MachineFacts {
  /** What limited the process; older images do not tell. */
  readonly limits?: Limits;
}

/** What has to be known of an image before it is restored. */
interface ImageFacts extends NotedFacts {
  /** Bytes of each of CRIU's files, by name. */
  readonly sizes: Readonly<Record<string, number>>;
}

/** The folder with CRIU's files of one image. */
export function imageFolder(directory: string, id: string): string {
  return join(directory, `${PREFIX}${id}`);
}

/** Makes the folder of a new image. */
export function createImageFolder(folder: string): void {
  mkdirSync(folder, { mode: 0o700 });
}

/** Notes what CRIU has written, so that a restore sees whether all of it is still there. */
export function sealImageFolder(folder: string, noted: NotedFacts): void {
  const facts: ImageFacts = { ...noted, sizes: readSizes(folder) };
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

/**
 * Reads what was noted of an image's process and the machine on which it was made.
 *
 * @throws {CracException} `ERR_CRAC_IMAGE_DAMAGED` when its files are not those that CRIU has written
 */
export function readNotedFacts(folder: string): NotedFacts {
  const { sizes, ...noted } = readFacts(folder);
  const found = readSizes(folder);
  for (const [name, size] of Object.entries(sizes)) {
    if (found[name] === size) continue;
    const reason =
      found[name] === undefined ? 'it is missing' : `it has ${found[name]} bytes instead of ${size}`;
    throw cracError('ERR_CRAC_IMAGE_DAMAGED', { path: join(folder, name), reason });
  }
  return noted;
}

function readFacts(folder: string): ImageFacts {
  const path = join(folder, FACTS_FILE);
  try {
    const facts = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof facts.monotonic === 'number' && typeof facts.bootId === 'string' && facts.sizes) return facts;
  } catch (cause) {
    throw cracError('ERR_CRAC_IMAGE_DAMAGED', { path, reason: 'it cannot be read' }, cause);
  }
  throw cracError('ERR_CRAC_IMAGE_DAMAGED', { path, reason: 'it does not describe an image' });
}

function readSizes(folder: string): Readonly<Record<string, number>> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.img'));
  return Object.fromEntries(names.map((name) => [name, statSync(join(folder, name)).size]));
}

/** The numbers of the process's threads, which a restore gives them again. */
export function readThreads(folder: string): readonly number[] {
  return readdirSync(folder).flatMap((name) => {
    const [, number] = /^core-(\d+)\.img$/.exec(name) ?? [];
    return number === undefined ? [] : [Number(number)];
  });
}
