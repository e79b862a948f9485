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

/** Zeroes the value in `NAME=value` in the environment's block and in libc's heap. Where the kernel does not let the process do so it stays. */
export function wipeEnvironment(name: string, value: Uint8Array): void {
  const files = process.getBuiltinModule('node:fs');
  let memory: number | undefined;
  try {
    memory = files.openSync('/proc/self/mem', 'r+');
    for (const range of leftovers(files)) wipeRange(files, memory, range, Buffer.from(`${name}=`), value);
  } catch {
    // Without /proc, or where memory cannot be written through it, the text stays.
  } finally {
    if (memory !== undefined) files.closeSync(memory);
  }
}

function leftovers({ readFileSync }: typeof fs): Range[] {
  const stat = readFileSync('/proc/self/stat', 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const heaps = readFileSync('/proc/self/maps', 'latin1').matchAll(
    /^([0-9a-f]+)-([0-9a-f]+) rw.* \[heap\]$/gm,
  );
  return [
    // Fields 50 and 51, of which the first three are the pid, the name and the state: these two are cut off.
    { start: Number(fields[47]), end: Number(fields[48]) },
    ...[...heaps].map(([, start = '', end = '']) => ({
      start: Number.parseInt(start, 16),
      end: Number.parseInt(end, 16),
    })),
  ].filter(({ start, end }) => end > start);
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
