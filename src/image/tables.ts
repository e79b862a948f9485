/** The vendor notes of a head: every table decoded to plain records, nothing of them interpreted yet. */
import { crc32c } from './crc32c.js';
import { damaged } from './damaged.js';
import { alignUp, decodeElf, decodeNotes, type ElfLayout, type ElfNote } from './elf.js';
import {
  CLOCK_RECORD,
  CPU_RECORD,
  EPOLL_RECORD,
  FD_RECORD,
  FILE_RECORD,
  GENERATOR_RECORD,
  HEAD_LIMIT,
  IMAGE_FORMAT,
  IMAGE_MAGIC,
  IMAGE_RECORD,
  type ImageRecord,
  NOTE_NAME,
  NOTE_TYPES,
  type NoteName,
  PAGE_SIZE,
  POOLS_RECORD,
  RUN_RECORD,
  THREAD_RECORD,
  VMA_RECORD,
} from './format.js';
import { decodeRecord, decodeTable, type RecordLayout, type RecordOf, terminatedText } from './record.js';

/** Decoded vendor notes. */
export interface ImageTables {
  readonly elf: ElfLayout;
  readonly image: ImageRecord;
  readonly manifest: string;
  readonly tags: string;
  readonly cpu: RecordOf<typeof CPU_RECORD>;
  readonly threads: readonly RecordOf<typeof THREAD_RECORD>[];
  readonly vmas: readonly RecordOf<typeof VMA_RECORD>[];
  readonly runs: readonly RecordOf<typeof RUN_RECORD>[];
  readonly files: readonly RecordOf<typeof FILE_RECORD>[];
  readonly fds: readonly RecordOf<typeof FD_RECORD>[];
  readonly epolls: readonly RecordOf<typeof EPOLL_RECORD>[];
  readonly clock: RecordOf<typeof CLOCK_RECORD>;
  readonly generators: readonly RecordOf<typeof GENERATOR_RECORD>[];
  readonly pools: RecordOf<typeof POOLS_RECORD>;
  /** The string at an offset of the string table. */
  text(offset: number): string;
  /** A piece of the byte table. */
  bytes(offset: number, size: number): Uint8Array;
}

type Notes = ReadonlyMap<NoteName, ElfNote>;

/** Decodes the head of a `process.core` that is `fileSize` bytes long, after its sizes and its checksum were found right. */
export function decodeTables(head: Uint8Array, fileSize: number): ImageTables {
  const elf = decodeElf(head);
  const notes = vendorNotes(head, elf);
  const image = imageRecord(head, notes, fileSize);
  const strings = required(notes, 'strings').content;
  const bytes = required(notes, 'bytes').content;
  return {
    elf,
    image,
    manifest: new TextDecoder().decode(required(notes, 'manifest').content),
    tags: new TextDecoder().decode(required(notes, 'tags').content),
    cpu: record(notes, 'cpu', CPU_RECORD),
    threads: table(notes, 'threads', THREAD_RECORD),
    vmas: table(notes, 'vmas', VMA_RECORD),
    runs: table(notes, 'runs', RUN_RECORD),
    files: table(notes, 'files', FILE_RECORD),
    fds: table(notes, 'fds', FD_RECORD),
    epolls: table(notes, 'epolls', EPOLL_RECORD),
    clock: record(notes, 'clock', CLOCK_RECORD),
    generators: table(notes, 'generators', GENERATOR_RECORD),
    pools: record(notes, 'pools', POOLS_RECORD),
    text: (offset) =>
      offset < strings.length
        ? terminatedText(strings.subarray(offset))
        : damaged('a string lies outside of its table'),
    bytes: (offset, size) =>
      offset + size <= bytes.length
        ? bytes.subarray(offset, offset + size)
        : damaged('bytes lie outside of their table'),
  };
}

function vendorNotes(head: Uint8Array, elf: ElfLayout): Notes {
  const names = new Map<number, NoteName>(
    Object.entries(NOTE_TYPES).map(([name, type]) => [type, name as NoteName]),
  );
  const notes = new Map<NoteName, ElfNote>();
  for (const note of decodeNotes(head, elf.vendorNotes, 8)) {
    const name = note.name === NOTE_NAME ? names.get(note.type) : undefined;
    if (name === undefined)
      return damaged(`it has an unknown note "${printable(note.name)}" of type ${note.type}`);
    if (notes.has(name)) damaged(`it has two notes "${name}"`);
    if (notes.size === 0 && name !== 'image') damaged('its first vendor note is not the image note');
    notes.set(name, note);
  }
  return notes;
}

function imageRecord(head: Uint8Array, notes: Notes, fileSize: number): ImageRecord {
  const note = required(notes, 'image');
  const view = new DataView(note.content.buffer, note.content.byteOffset, note.content.byteLength);
  if (note.content.length < 16 || view.getBigUint64(0, true) !== IMAGE_MAGIC)
    damaged('its image note does not begin with the magic number');
  const format = view.getUint32(8, true);
  if (format !== IMAGE_FORMAT) damaged(`its format is ${format} and this version reads ${IMAGE_FORMAT}`);
  const image = single(IMAGE_RECORD, note.content) ?? damaged('its image note has the wrong size');
  if (image.headSize !== head.length)
    damaged(`its head says ${image.headSize} bytes and its notes end at ${head.length}`);
  if (image.fileSize !== fileSize) damaged(`it has ${fileSize} bytes and its head says ${image.fileSize}`);
  if (headChecksum(head, note.offset) !== image.headCrc) damaged('the checksum of its head does not match');
  return image;
}

/** Size of the head, given where its last part, the vendor notes, lies. */
export function headSize(
  notes: { readonly offset: number; readonly size: number },
  fileSize: number,
): number {
  const size = alignUp(notes.offset + notes.size, PAGE_SIZE);
  if (size > fileSize) damaged('it is cut off inside of its head');
  return size <= HEAD_LIMIT ? size : damaged(`its head claims ${size} bytes`);
}

function headChecksum(head: Uint8Array, noteOffset: number): number {
  const field = noteOffset + 12;
  const before = crc32c(head.subarray(0, field));
  return crc32c(head.subarray(field + 4), crc32c(new Uint8Array(4), before));
}

function required(notes: Notes, name: NoteName): ElfNote {
  return notes.get(name) ?? damaged(`its note "${name}" is missing`);
}

function single<Layout extends RecordLayout>(
  layout: Layout,
  content: Uint8Array,
): RecordOf<Layout> | undefined {
  return decodeTable(layout, content)?.length === 1 ? decodeRecord(layout, content) : undefined;
}

function record<Layout extends RecordLayout>(notes: Notes, name: NoteName, layout: Layout): RecordOf<Layout> {
  return single(layout, required(notes, name).content) ?? damaged(`its note "${name}" has the wrong size`);
}

function table<Layout extends RecordLayout>(
  notes: Notes,
  name: NoteName,
  layout: Layout,
): readonly RecordOf<Layout>[] {
  return (
    decodeTable(layout, required(notes, name).content) ??
    damaged(`its note "${name}" does not hold whole, valid records`)
  );
}

function printable(text: string): string {
  return JSON.stringify(text).slice(1, -1).slice(0, 20);
}
