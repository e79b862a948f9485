/** Builds a small, valid `process.core` in memory, independently of the native writer. */
import { crc32c } from '#dist/image/crc32c.js';
import {
  CLOCK_RECORD,
  CPU_RECORD,
  EPOLL_RECORD,
  FD_RECORD,
  FILE_RECORD,
  GENERATOR_RECORD,
  IMAGE_FORMAT,
  IMAGE_MAGIC,
  IMAGE_RECORD,
  LISTENER_RECORD,
  NONE,
  NOTE_TYPES,
  type NoteName,
  PAGE_SIZE,
  POOLS_RECORD,
  RUN_RECORD,
  THREAD_RECORD,
  VMA_RECORD,
} from '#dist/image/format.js';
import { createManifest, stringifyManifest } from '#dist/image/manifest.js';
import { type RecordLayout, recordSize } from '#dist/image/record.js';

type Values = Readonly<Record<string, number | bigint | string | Uint8Array>>;

/** The bytes of an image, with the position of its image note's content. */
export interface SyntheticImage {
  readonly bytes: Buffer;
  readonly headSize: number;
  readonly imageOffset: number;
  readonly manifest: string;
  readonly id: string;
}

const PAGES = 3;

/** Makes an image, with the given manifest if there is one, of one thread, two mappings, two runs of pages and a few descriptors. */
export function syntheticImage(given?: string): SyntheticImage {
  const text = given ?? stringifyManifest(createManifest({ generation: 1, engine: 'native', process }));
  const { id } = JSON.parse(text) as { readonly id: string };
  const notes = (image: Values): Buffer => encodeNotes(image, text);
  const headers = 64 + 56 * 4;
  const standard = note('CORE', 1, Buffer.alloc(336), 4);
  const vendorOffset = align(headers + standard.length, 8);
  const headSize = align(vendorOffset + notes({}).length, PAGE_SIZE);
  const size = headSize + PAGES * PAGE_SIZE;
  const vendor = notes({ headSize, fileSize: size, id: Buffer.from(id.replaceAll('-', ''), 'hex') });
  const bytes = Buffer.alloc(size, 7);
  bytes.fill(0, 0, headSize);
  elfHeader(4).copy(bytes);
  programHeader(4, headers, 0, standard.length, 4).copy(bytes, 64);
  programHeader(4, vendorOffset, 0, vendor.length, 8).copy(bytes, 120);
  programHeader(1, headSize, 0x10000, PAGE_SIZE, PAGE_SIZE).copy(bytes, 176);
  programHeader(1, headSize + PAGE_SIZE, 0x20000, 2 * PAGE_SIZE, PAGE_SIZE).copy(bytes, 232);
  standard.copy(bytes, headers);
  vendor.copy(bytes, vendorOffset);
  const image = { bytes, headSize, imageOffset: vendorOffset + 24, manifest: text, id };
  sealHead(image);
  return image;

  function encodeNotes(fields: Values, manifestText: string): Buffer {
    const strings = Buffer.from('\0/tmp\0/usr/bin/node\0/dev/null\0');
    const listener = encode(LISTENER_RECORD, {
      family: 2,
      backlog: 511,
      options: 8,
      addressSize: 16,
      address: Buffer.from([2, 0, 0x0b, 0xb8, 127, 0, 0, 1]),
    });
    const contents: Record<NoteName, Buffer> = {
      image: encode(IMAGE_RECORD, {
        magic: IMAGE_MAGIC,
        format: IMAGE_FORMAT,
        headAddress: 0x600020000000,
        kernelNeeds: 1,
        highestFd: 20,
        addressSpace: 5 * PAGE_SIZE,
        pkeys: 2,
        cwd: 1,
        pid: 4242,
        executable: 0,
        ...fields,
      }),
      manifest: Buffer.from(manifestText),
      cpu: encode(CPU_RECORD, { vendor: 'GenuineIntel', brand: 'Some CPU' }),
      threads: encode(THREAD_RECORD, { tid: 4242, name: 'node' }),
      vmas: Buffer.concat([
        encode(VMA_RECORD, { start: 0x10000, end: 0x11000, file: 0, prot: 5, flags: 1, ring: NONE }),
        encode(VMA_RECORD, { start: 0x20000, end: 0x24000, file: NONE, prot: 3, ring: NONE }),
      ]),
      runs: Buffer.concat([
        encode(RUN_RECORD, { address: 0x10000, length: PAGE_SIZE, offset: fields['headSize'] ?? 0, vma: 0 }),
        encode(RUN_RECORD, {
          address: 0x20000,
          length: 2 * PAGE_SIZE,
          offset: Number(fields['headSize'] ?? 0) + PAGE_SIZE,
          vma: 1,
        }),
      ]),
      files: encode(FILE_RECORD, {
        path: 6,
        identityKind: 1,
        size: 9000,
        identitySize: 20,
        identity: Buffer.alloc(32, 0xab),
      }),
      fds: Buffer.concat([
        encode(FD_RECORD, { fd: 0, kind: 10, path: NONE }),
        encode(FD_RECORD, { fd: 3, kind: 1, path: NONE }),
        encode(FD_RECORD, { fd: 4, kind: 3, pair: 4, path: NONE, data: 128, dataSize: 5 }),
        encode(FD_RECORD, { fd: 5, kind: 6, path: 20 }),
        encode(FD_RECORD, { fd: 6, kind: 11, path: NONE }),
        encode(FD_RECORD, { fd: 7, kind: 12, pair: 8, path: NONE, data: 128, dataSize: 5 }),
        encode(FD_RECORD, { fd: 8, kind: 12, pair: 7, path: NONE }),
        encode(FD_RECORD, { fd: 9, kind: 12, pair: 9, path: NONE }),
        encode(FD_RECORD, { fd: 10, kind: 13, value: 12, extra: 1, path: 20 }),
        encode(FD_RECORD, { fd: 11, kind: 14, path: NONE }),
        encode(FD_RECORD, { fd: 20, kind: 5, path: NONE, data: 0, dataSize: 128 }),
      ]),
      epolls: encode(EPOLL_RECORD, { epollFd: 3, targetFd: 20, events: 1, data: 20n }),
      signals: Buffer.alloc(64 * 32),
      owners: Buffer.alloc(0),
      clock: encode(CLOCK_RECORD, { realtime: 1_700_000_000_000_000_000n, monotonic: 5_000_000_000n }),
      pools: encode(POOLS_RECORD, { count: 2, bytes: 3072, lost: 4 }),
      generators: encode(GENERATOR_RECORD, { state: 0x20010, index: 0x20020, cache: 0x20100 }),
      auxv: Buffer.alloc(320),
      tags: Buffer.from('label:cpu.arch=x64\nlabel:tier=gold\nbitmap:cpu.features=ff00\n'),
      strings,
      bytes: Buffer.concat([listener, Buffer.from('hello\0\0\0')]),
    };
    return Buffer.concat(
      Object.entries(NOTE_TYPES).map(([name, type]) => note('CRaC', type, contents[name as NoteName], 8)),
    );
  }
}

/** Writes the checksum of the head again, after a change that shall go unnoticed by it. */
export function sealHead({
  bytes,
  headSize,
  imageOffset,
}: Pick<SyntheticImage, 'bytes' | 'headSize' | 'imageOffset'>): void {
  bytes.writeUInt32LE(0, imageOffset + 12);
  bytes.writeUInt32LE(crc32c(bytes.subarray(0, headSize)), imageOffset + 12);
}

function encode(layout: RecordLayout, values: Values): Buffer {
  const bytes = Buffer.alloc(recordSize(layout));
  let position = 0;
  for (const [field, type] of Object.entries(layout)) {
    const value = values[field] ?? 0;
    if (type === 'u16') position = bytes.writeUInt16LE(Number(value), position);
    else if (type === 'u32') position = bytes.writeUInt32LE(Number(value), position);
    else if (type === 'size' || type === 'u64')
      position = bytes.writeBigUInt64LE(BigInt(value as number), position);
    else {
      if (typeof value === 'string') bytes.write(value, position);
      else if (value instanceof Uint8Array) bytes.set(value, position);
      position += 'bytes' in type ? type.bytes : type.text;
    }
  }
  return bytes;
}

function note(name: string, type: number, content: Buffer, alignment: number): Buffer {
  const start = align(12 + name.length + 1, alignment);
  const bytes = Buffer.alloc(align(start + content.length, alignment));
  bytes.writeUInt32LE(name.length + 1, 0);
  bytes.writeUInt32LE(content.length, 4);
  bytes.writeUInt32LE(type, 8);
  bytes.write(name, 12);
  content.copy(bytes, start);
  return bytes;
}

function elfHeader(programHeaders: number): Buffer {
  const bytes = Buffer.alloc(64);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  bytes.writeUInt16LE(4, 16);
  bytes.writeUInt16LE(62, 18);
  bytes.writeUInt32LE(1, 20);
  bytes.writeBigUInt64LE(64n, 32);
  bytes.writeUInt16LE(64, 52);
  bytes.writeUInt16LE(56, 54);
  bytes.writeUInt16LE(programHeaders, 56);
  return bytes;
}

function programHeader(
  type: number,
  offset: number,
  address: number,
  size: number,
  alignment: number,
): Buffer {
  const bytes = Buffer.alloc(56);
  bytes.writeUInt32LE(type, 0);
  bytes.writeBigUInt64LE(BigInt(offset), 8);
  bytes.writeBigUInt64LE(BigInt(address), 16);
  bytes.writeBigUInt64LE(BigInt(size), 32);
  bytes.writeBigUInt64LE(BigInt(size), 40);
  bytes.writeBigUInt64LE(BigInt(alignment), 48);
  return bytes;
}

function align(value: number, alignment: number): number {
  return Math.ceil(value / alignment) * alignment;
}
