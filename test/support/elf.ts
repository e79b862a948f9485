import { readFileSync } from 'node:fs';

const PT_LOAD = 1;

/** Bytes before the first page of memory in a core file: its headers and notes. */
export function headSize(core: string): number {
  const file = readFileSync(core);
  const table = Number(file.readBigUInt64LE(32));
  const entrySize = file.readUInt16LE(54);
  const count = file.readUInt16LE(56);
  for (let index = 0; index < count; index++) {
    const entry = table + index * entrySize;
    const size = file.readBigUInt64LE(entry + 32);
    if (file.readUInt32LE(entry) === PT_LOAD && size > 0n) return Number(file.readBigUInt64LE(entry + 8));
  }
  throw new Error(`${core} holds no memory.`);
}
