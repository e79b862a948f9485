/**
 * What is left of an environment variable that `process.env` no longer has: the kernel's block above the first stack, and what libc copied
 * when the variable was set. Both keep the text of variables that were deleted.
 */
import type * as fs from 'node:fs';

/** A stretch of this process's memory. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/** How much is looked at in one go. */
const CHUNK = 1 << 20;

/** libc's allocator has one arena in `[heap]`; those of other threads begin at multiples of this. */
const ARENA_ALIGNMENT = 64 << 20;

/** The first word there leads behind the arena's head, which is not larger. */
const LARGEST_ARENA_HEAD = 256;

/** Zeroes the value in `NAME=value` in the environment's block and in libc's memory. Where the kernel does not let the process do so it stays. */
export function wipeEnvironment(name: string, value: Uint8Array): void {
  const files = process.getBuiltinModule('node:fs');
  let memory: number | undefined;
  try {
    memory = files.openSync('/proc/self/mem', 'r+');
    for (const range of leftovers(files, memory))
      wipeRange(files, memory, range, Buffer.from(`${name}=`), value);
  } catch {
    // Without /proc, or where memory cannot be written through it, the text stays.
  } finally {
    if (memory !== undefined) files.closeSync(memory);
  }
}

function leftovers(files: typeof fs, memory: number): Range[] {
  const stat = files.readFileSync('/proc/self/stat', 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // Fields 47, 50 and 51, of which the first three are the pid, the name and the state: these two are cut off.
  const [heap, start, end] = [Number(fields[44]), Number(fields[47]), Number(fields[48])];
  return [{ start, end }, ...allocated(files, memory, heap)].filter((range) => range.end > range.start);
}

/**
 * What libc's allocator hands out of, in any of its arenas: a thread goes on using what another one has allocated and it has freed. In a restored
 * process each may be several mappings, of the image and of none.
 */
function allocated({ readFileSync, readSync }: typeof fs, memory: number, heap: number): Range[] {
  const word = new BigUint64Array(1);
  const isArena = (start: number): boolean => {
    readSync(memory, word, 0, word.byteLength, start);
    return word[0] !== 0n && Number(word[0]) % ARENA_ALIGNMENT <= LARGEST_ARENA_HEAD;
  };
  const found: Range[] = [];
  const maps = readFileSync('/proc/self/maps', 'latin1').matchAll(/^([0-9a-f]+)-([0-9a-f]+) rw-p/gm);
  for (const [, from = '', to = ''] of maps) {
    const [start, end] = [Number.parseInt(from, 16), Number.parseInt(to, 16)];
    const isContinued = found.at(-1)?.end === start || (start <= heap && heap < end);
    if (start % ARENA_ALIGNMENT === 0 ? isArena(start) : isContinued) found.push({ start, end });
  }
  return found;
}

/** Name and value are compared one after the other: together they would be found where they are kept for the search itself. */
function wipeRange(
  { readSync, writeSync }: typeof fs,
  memory: number,
  { start, end }: Range,
  name: Buffer,
  value: Uint8Array,
): void {
  const chunk = Buffer.from(new ArrayBuffer(CHUNK + name.length + value.length + 1));
  for (let at = start; at < end; at += CHUNK) {
    const size = readSync(memory, chunk, 0, Math.min(chunk.length, end - at), at);
    const view = chunk.subarray(0, size);
    for (let hit = view.indexOf(name); hit !== -1; hit = view.indexOf(name, hit + 1)) {
      const from = hit + name.length;
      const to = from + value.length;
      if (view[to] === 0 && view.subarray(from, to).equals(value))
        writeSync(memory, new Uint8Array(value.length), 0, value.length, at + from);
    }
  }
  chunk.fill(0);
}
