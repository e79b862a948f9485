/** Whether the tables of an image agree with each other and with the size of the file, so that nothing points outside. */
import { damaged } from './damaged.js';
import {
  CLOCK_LIMIT,
  CLOCK_POLICIES,
  IDENTITY_KINDS,
  IMAGE_DESCRIPTOR_KINDS,
  KERNEL_NEEDS,
  MAPPING_FLAGS,
  NONE,
  PAGE_SIZE,
} from './format.js';
import type { ImageTables } from './tables.js';

/** Throws unless every index, offset and address of the tables is in range. */
export function checkTables(tables: ImageTables): void {
  if (tables.threads.length === 0) damaged('it has no thread');
  if (tables.image.kernelNeeds >>> KERNEL_NEEDS.length)
    damaged('it needs kernel features that are unknown here');
  checkMappings(tables);
  checkRuns(tables);
  checkFiles(tables);
  checkDescriptors(tables);
  checkClock(tables);
  checkGenerators(tables);
}

function checkMappings({ vmas, files }: ImageTables): void {
  let end = 0;
  for (const [index, vma] of vmas.entries()) {
    const subject = `mapping ${index}`;
    if (vma.start < end || vma.end <= vma.start) damaged(`${subject} is empty, overlaps or is out of order`);
    if (vma.start % PAGE_SIZE || vma.end % PAGE_SIZE) damaged(`${subject} is not page aligned`);
    if (vma.flags >>> MAPPING_FLAGS.length) damaged(`${subject} has unknown flags`);
    if (vma.prot > 7) damaged(`${subject} has an unknown protection`);
    if (vma.pkey > 15) damaged(`${subject} has an unknown protection key`);
    if (vma.file !== NONE && vma.file >= files.length) damaged(`${subject} maps a file that is not listed`);
    end = vma.end;
  }
}

function checkRuns({ image, vmas, runs, elf }: ImageTables): void {
  let address = 0;
  let offset = image.headSize;
  for (const [index, run] of runs.entries()) {
    const subject = `run ${index}`;
    const vma = vmas[run.vma];
    if (run.address < address) damaged(`${subject} overlaps or is out of order`);
    if (run.length === 0 || run.address % PAGE_SIZE || run.length % PAGE_SIZE)
      damaged(`${subject} is not made of whole pages`);
    if (vma === undefined || run.address < vma.start || run.address + run.length > vma.end) {
      damaged(`${subject} lies outside of its mapping`);
    }
    if (run.offset < offset || run.offset % PAGE_SIZE || run.offset + run.length > image.fileSize) {
      damaged(`${subject} lies outside of the file`);
    }
    address = run.address + run.length;
    offset = run.offset + run.length;
  }
  if (elf.segments.length !== runs.length) damaged('its program headers and its runs do not agree');
}

function checkFiles({ files }: ImageTables): void {
  for (const [index, file] of files.entries()) {
    if (IDENTITY_KINDS[file.identityKind - 1] === undefined)
      damaged(`file ${index} has an unknown kind of identity`);
    if (file.identitySize > file.identity.length) damaged(`the identity of file ${index} is too long`);
  }
}

function checkDescriptors({ fds, image }: ImageTables): void {
  let previous = -1;
  for (const { fd, kind } of fds) {
    if (fd <= previous) damaged(`descriptor ${fd} is out of order`);
    if (fd > image.highestFd) damaged(`descriptor ${fd} is above the highest one`);
    if (IMAGE_DESCRIPTOR_KINDS[kind - 1] === undefined)
      damaged(`descriptor ${fd} has the unknown kind ${kind}`);
    previous = fd;
  }
}

function checkClock({ clock }: ImageTables): void {
  if (clock.realtime >= CLOCK_LIMIT || clock.monotonic >= CLOCK_LIMIT)
    damaged('its clocks show impossible times');
  if (CLOCK_POLICIES[clock.policy] === undefined) damaged('it treats the clock in an unknown way');
}

function checkGenerators({ generators, vmas }: ImageTables): void {
  const isWritable = (address: number, size: number): boolean =>
    address % 8 === 0 &&
    vmas.some(({ start, end, prot }) => start <= address && address + size <= end && prot & 2);
  for (const [position, { state, index, cache }] of generators.entries()) {
    const hasCache = index !== 0 || cache !== 0;
    if (!isWritable(state, 16) || (hasCache && !(isWritable(index, 8) && isWritable(cache, 64 * 8))))
      damaged(`generator ${position} lies in memory that can't be written`);
  }
}
