import { closeSync, openSync, readSync } from 'node:fs';

const PIECE = 8 << 20;

/** Which of these short sequences of bytes occur in a file, in the same order. */
export function search(file: string, needles: readonly Buffer[]): boolean[] {
  const found = needles.map(() => false);
  const overlap = Math.max(...needles.map(({ length }) => length));
  const buffer = Buffer.alloc(overlap + PIECE);
  const fd = openSync(file, 'r');
  try {
    for (let size = readSync(fd, buffer, overlap, PIECE, null); size > 0; ) {
      const seen = buffer.subarray(0, overlap + size);
      needles.forEach((needle, i) => {
        found[i] ||= seen.includes(needle);
      });
      buffer.copyWithin(0, size, overlap + size);
      size = readSync(fd, buffer, overlap, PIECE, null);
    }
  } finally {
    closeSync(fd);
  }
  return found;
}
