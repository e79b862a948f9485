/** The ELF part of `process.core`: file header, program headers and notes. Knows nothing of what the notes mean. */
import { damaged } from './damaged.js';
import { decodeRecord, type RecordOf, terminatedText } from './record.js';

/** Bytes that hold the file header and the two note headers: enough to learn how large the head is. */
export const ELF_START_SIZE = 176;

const HEADER = {
  ident: { bytes: 16 },
  type: 'u16',
  machine: 'u16',
  version: 'u32',
  entry: 'u64',
  programHeaders: 'size',
  sectionHeaders: 'u64',
  flags: 'u32',
  headerSize: 'u16',
  programHeaderSize: 'u16',
  programHeaderCount: 'u16',
  sectionHeaderSize: 'u16',
  sectionHeaderCount: 'u16',
  sectionNames: 'u16',
} as const;

const PROGRAM_HEADER = {
  type: 'u32',
  flags: 'u32',
  offset: 'size',
  address: 'size',
  physicalAddress: 'u64',
  fileSize: 'size',
  memorySize: 'size',
  align: 'size',
} as const;

const NOTE_HEADER = { nameSize: 'u32', size: 'u32', type: 'u32' } as const;

const IDENT = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1];
const ET_CORE = 4;
const EM_X86_64 = 62;
const PT_LOAD = 1;
const PT_NOTE = 4;

/** A piece of the file. */
export interface Extent {
  readonly offset: number;
  readonly size: number;
}

/** A run of pages as debuggers see it. */
export interface LoadSegment extends Extent {
  readonly address: number;
}

/** Where the parts of a core file lie. */
export interface ElfLayout {
  readonly standardNotes: Extent;
  readonly vendorNotes: Extent;
  readonly segments: readonly LoadSegment[];
}

/** One note; `offset` is where its content begins in the file. */
export interface ElfNote {
  readonly name: string;
  readonly type: number;
  readonly offset: number;
  readonly content: Uint8Array;
}

/** Where the vendor notes lie, from the first `ELF_START_SIZE` bytes alone. */
export function locateVendorNotes(start: Uint8Array): Extent {
  decodeHeader(start);
  return noteSegment(start, 1, 8);
}

/** Reads the file header and all program headers from the head of a core file. */
export function decodeElf(head: Uint8Array): ElfLayout {
  const { programHeaderCount } = decodeHeader(head);
  const segments: LoadSegment[] = [];
  for (let index = 2; index < programHeaderCount; index++) {
    const header = programHeader(head, index);
    if (header.type !== PT_LOAD) damaged(`program header ${index} is not of a loadable segment`);
    segments.push({ address: header.address, offset: header.offset, size: header.fileSize });
  }
  return { standardNotes: noteSegment(head, 0, 4), vendorNotes: noteSegment(head, 1, 8), segments };
}

/** Cuts a note segment into its notes. */
export function decodeNotes(head: Uint8Array, extent: Extent, align: number): readonly ElfNote[] {
  const end = extent.offset + extent.size;
  if (end > head.length) damaged('its notes reach beyond its head');
  const notes: ElfNote[] = [];
  let position = extent.offset;
  while (position < end) {
    const header = decodeRecord(NOTE_HEADER, head.subarray(0, end), position);
    if (header === undefined) return damaged('its last note is cut off');
    const name = position + 12;
    const content = alignUp(name + header.nameSize, align);
    if (content + header.size > end) damaged('a note reaches beyond the notes');
    notes.push({
      name: terminatedText(head.subarray(name, name + header.nameSize)),
      type: header.type,
      offset: content,
      content: head.subarray(content, content + header.size),
    });
    position = alignUp(content + header.size, align);
  }
  return notes;
}

/** Rounds up to a multiple of `align`. */
export function alignUp(value: number, align: number): number {
  return Math.ceil(value / align) * align;
}

function decodeHeader(bytes: Uint8Array): { readonly programHeaderCount: number } {
  if (IDENT.some((byte, index) => bytes[index] !== byte))
    damaged('it is not a 64-bit little-endian ELF file');
  const header = decodeRecord(HEADER, bytes) ?? damaged('its ELF header is cut off or out of range');
  if (header.type !== ET_CORE) damaged('it is not a core file');
  if (header.machine !== EM_X86_64) damaged(`its machine is ${header.machine} and not x86-64 (62)`);
  if (header.programHeaders !== 64 || header.programHeaderSize !== 56)
    damaged('its program headers are misplaced');
  if (header.programHeaderCount < 2) damaged('it has no notes');
  return header;
}

function programHeader(bytes: Uint8Array, index: number): RecordOf<typeof PROGRAM_HEADER> {
  const header = decodeRecord(PROGRAM_HEADER, bytes, 64 + index * 56);
  return header ?? damaged(`program header ${index} is cut off or out of range`);
}

function noteSegment(bytes: Uint8Array, index: number, align: number): Extent {
  const header = programHeader(bytes, index);
  if (header.type !== PT_NOTE || header.align !== align)
    damaged(`program header ${index} is not of a note segment aligned to ${align}`);
  return { offset: header.offset, size: header.fileSize };
}
