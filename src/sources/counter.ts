import { closeSync, readSync } from 'node:fs';
import type { NativeBinding } from '../binding/binding.js';
import { loadBinding } from '../binding/load.js';

/** A counter of generations at the beginning of a file. */
export interface Counter {
  readonly fd: number;
  readonly isMapped: boolean;
  /** What it shows now; `undefined` while a device has nothing to tell, and where the file is too short. */
  read(): number | undefined;
  /** Unmaps it and closes the descriptor. */
  close(): void;
}

/** Maps the counter where that is possible, and reads it otherwise. It owns the descriptor. */
export function openCounter(fd: number): Counter {
  const agent = findAgent();
  const address = agent?.mapCounter(fd) ?? 0;
  if (agent === undefined || address === 0)
    return { fd, isMapped: false, read: () => readCounter(fd), close: () => closeSync(fd) };
  return {
    fd,
    isMapped: true,
    read: () => agent.readCounter(address),
    close() {
      agent.unmapCounter(address);
      closeSync(fd);
    },
  };
}

/** `undefined` on platforms without an agent. */
function findAgent(): NativeBinding | undefined {
  try {
    return loadBinding();
  } catch {
    return undefined;
  }
}

function readCounter(fd: number): number | undefined {
  const bytes = Buffer.alloc(Uint32Array.BYTES_PER_ELEMENT);
  try {
    return readSync(fd, bytes, 0, bytes.length, 0) === bytes.length ? bytes.readUInt32LE() : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return undefined;
    throw error;
  }
}
