import { readFileSync } from 'node:fs';

const PT_LOAD = 1;
const PT_NOTE = 4;
const PAGE = 4096;

/** A piece of a core file. */
export interface Segment {
  readonly offset: number;
  /** Bytes in the file. */
  readonly size: number;
}

/** Bytes of the head of a core file: its headers and notes, in whole pages. */
export function headSize(core: string): number {
  const ends = segments(core, PT_NOTE).map(({ offset, size }) => offset + size);
  return Math.ceil(Math.max(...ends) / PAGE) * PAGE;
}

/** Where the core file holds memory. */
export function memorySegments(core: string): readonly Segment[] {
  const found = segments(core, PT_LOAD).filter(({ size }) => size > 0);
  if (found.length === 0) throw new Error(`${core} holds no memory.`);
  return found;
}

function segments(core: string, type: number): readonly Segment[] {
  const file = readFileSync(core);
  const table = Number(file.readBigUInt64LE(32));
  const entrySize = file.readUInt16LE(54);
  return Array.from({ length: file.readUInt16LE(56) }, (_, index) => table + index * entrySize)
    .filter((entry) => file.readUInt32LE(entry) === type)
    .map((entry) => ({
      offset: Number(file.readBigUInt64LE(entry + 8)),
      size: Number(file.readBigUInt64LE(entry + 32)),
    }));
}
