import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { cracError } from '../errors.js';
import { damaged, damagedAt } from './damaged.js';
import { decodeImage } from './decode-image.js';
import { ELF_START_SIZE, locateVendorNotes } from './elf.js';
import type { Image } from './image.js';
import { headSize } from './tables.js';

/** Name of the authoritative file inside of an image directory. */
export const CORE_FILE = 'process.core';

/** Reads and checks the head of the image in `directory`; pages are not read. */
export async function readImage(directory: string): Promise<Image> {
  const path = join(directory, CORE_FILE);
  const file = await openCore(path);
  try {
    return await readHead(file);
  } catch (error) {
    throw damagedAt(path, error);
  } finally {
    await file.close();
  }
}

async function openCore(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK); // a fifo would wait for its writer
  } catch (cause) {
    throw cracError('ERR_CRAC_IMAGE_MISSING', { path }, cause);
  }
}

async function readHead(file: FileHandle): Promise<Image> {
  const stats = await file.stat();
  if (!stats.isFile()) damaged('it is not a regular file');
  const notes = locateVendorNotes(await readStart(file, ELF_START_SIZE));
  const head = await readStart(file, headSize(notes, stats.size));
  return decodeImage(head, stats.size);
}

async function readStart(file: FileHandle, size: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(size);
  let filled = 0;
  while (filled < size) {
    const { bytesRead } = await file.read(buffer, filled, size - filled, filled);
    if (bytesRead === 0) return damaged(`it ends after ${filled} bytes`);
    filled += bytesRead;
  }
  return buffer;
}
