import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** A file of pages that a restore of CRIU has mapped into this process, as `/proc/self/maps` ends its line. */
const PAGES = /\s(\/.*)\/criu-[0-9a-f-]+\/pages-\d+\.img(?: \(deleted\))?$/gm;

/** Image directories from which memory of this process is mapped: the text of `/proc/self/maps` tells. */
export function mappedImages(maps: string = readFileSync('/proc/self/maps', 'utf8')): readonly string[] {
  const found = [...maps.matchAll(PAGES)].map(([, directory = '']) => resolve(directory));
  return [...new Set(found)];
}
