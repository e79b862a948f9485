import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Image, ImageMapping, ImageRun } from './image.js';
import type { Needle, SecretForm } from './needles.js';
import { CORE_FILE } from './read-image.js';

/** Where a secret lies. */
export interface SecretHit {
  /** Which secret. */
  readonly label: string;
  readonly form: SecretForm;
  /** Position in `process.core`. */
  readonly offset: number;
  /** Address in the process; absent in the head of the image. */
  readonly address?: number;
  /** `environment`, `arguments`, `stack`, `heap`, `anonymous`, `head` or the path of a mapped file. */
  readonly place: string;
}

const CHUNK = 4 << 20;

/** Searches the whole of `process.core`, without holding more than a piece of it in memory. */
export async function* searchImage(
  directory: string,
  image: Image,
  needles: readonly Needle[],
): AsyncGenerator<SecretHit> {
  const locate = createLocator(image);
  const overlap = Math.max(0, ...needles.map(({ reach }) => reach));
  const file = await open(join(directory, CORE_FILE), 'r');
  try {
    const buffer = Buffer.alloc(CHUNK + overlap);
    for (let start = 0; start < image.size; start += CHUNK) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
      const bytes = buffer.subarray(0, bytesRead);
      for (const { label, form, find } of needles)
        for (const at of find(bytes))
          if (at < CHUNK) yield { label, form, offset: start + at, ...locate(start + at) };
    }
  } finally {
    await file.close();
  }
}

/** Tells what lies at a position of the file. */
function createLocator(image: Image): (offset: number) => Pick<SecretHit, 'address' | 'place'> {
  const runs = [...image.runs].sort((one, other) => one.offset - other.offset);
  return (offset) => {
    const run = findRun(runs, offset);
    if (run === undefined) return { place: 'head' };
    const address = run.address + offset - run.offset;
    return { address, place: placeOf(image, address, image.mappings[run.mapping]) };
  };
}

function findRun(runs: readonly ImageRun[], offset: number): ImageRun | undefined {
  let [low, high] = [0, runs.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const run = runs[middle];
    if (run !== undefined && run.offset + run.length <= offset) low = middle + 1;
    else high = middle;
  }
  const run = runs[low];
  return run !== undefined && run.offset <= offset ? run : undefined;
}

function placeOf({ landmarks, files }: Image, address: number, mapping: ImageMapping | undefined): string {
  const { environment, heap, stack } = landmarks;
  const isIn = ({ start, end }: { readonly start: number; readonly end: number }, at = address): boolean =>
    at >= start && at < end;
  if (isIn(environment)) return 'environment';
  if (isIn(landmarks.arguments)) return 'arguments';
  if (isIn(heap)) return 'heap';
  if (mapping !== undefined && isIn(mapping, stack)) return 'stack';
  const file = mapping?.file === undefined ? undefined : files[mapping.file];
  return file?.path ?? 'anonymous';
}
