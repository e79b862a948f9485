import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

const PIECE = 8 << 20;

/** Whether a short sequence of bytes occurs in the memory of another process. */
export function isInMemory(pid: number, needle: Buffer): boolean {
  const maps = readFileSync(`/proc/${pid}/maps`, 'latin1').matchAll(/^([0-9a-f]+)-([0-9a-f]+) r\S+ .*$/gm);
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  try {
    return [...maps].some(([line, from = '', to = '']) => {
      if (/\[(?:vvar|vsyscall)/.test(line)) return false;
      return isInRange(memory, Number.parseInt(from, 16), Number.parseInt(to, 16), needle);
    });
  } finally {
    closeSync(memory);
  }
}

function isInRange(memory: number, start: number, end: number, needle: Buffer): boolean {
  const buffer = Buffer.alloc(Math.min(PIECE, end - start) + needle.length);
  for (let at = start; at < end; at += PIECE) {
    const size = readSync(memory, buffer, 0, Math.min(buffer.length, end - at), at);
    if (buffer.subarray(0, size).includes(needle)) return true;
  }
  return false;
}
