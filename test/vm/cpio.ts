/** Writes archives of the kind that the kernel unpacks into its first file system: cpio, format `newc`. */
import { closeSync, openSync, writeSync } from 'node:fs';

/** A file, a directory or a symbolic link. */
export interface Entry {
  /** Without a slash at its beginning. */
  readonly path: string;
  /** Kind and permissions, as `st_mode` has them. */
  readonly mode: number;
  /** Content of a file. */
  readonly content: Uint8Array;
}

const ALIGNMENT = 4;

/** Writes entries to a new file; directories come before what they hold. */
export function writeArchive(file: string, entries: readonly Entry[]): void {
  const fd = openSync(file, 'wx');
  try {
    for (const entry of [...entries, { path: 'TRAILER!!!', mode: 0, content: new Uint8Array() }]) {
      writeSync(fd, pad(headerOf(entry)));
      writeAll(fd, pad(entry.content));
    }
  } finally {
    closeSync(fd);
  }
}

/** Thirteen numbers of eight digits behind the magic: inode, mode, owners, links, time, size, devices, length of the name, checksum. */
function headerOf({ path, mode, content }: Entry): Uint8Array {
  const name = Buffer.from(`${path}\0`);
  const numbers = [0, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length, 0];
  const digits = numbers.map((number) => number.toString(16).padStart(8, '0'));
  return Buffer.concat([Buffer.from(`070701${digits.join('')}`), name]);
}

function pad(bytes: Uint8Array): Uint8Array {
  const missing = -bytes.length & (ALIGNMENT - 1);
  return missing === 0 ? bytes : Buffer.concat([bytes, new Uint8Array(missing)]);
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}
