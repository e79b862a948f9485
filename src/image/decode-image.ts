import { checkTables } from './check-tables.js';
import { damaged } from './damaged.js';
import { describeDescriptor } from './describe-descriptor.js';
import { CLOCK_POLICIES, IDENTITY_KINDS, KERNEL_NEEDS, MAPPING_FLAGS, NONE } from './format.js';
import type {
  Image,
  ImageClock,
  ImageConstraints,
  ImageFile,
  ImageLandmarks,
  ImageMapping,
} from './image.js';
import { type Manifest, parseManifest } from './manifest.js';

import { decodeTables, type ImageTables } from './tables.js';
import { parseTags } from './tags.js';

/** Decodes and checks the head of a `process.core` that is `fileSize` bytes long. */
export function decodeImage(head: Uint8Array, fileSize: number): Image {
  const tables = decodeTables(head, fileSize);
  checkTables(tables);
  const id = formatId(tables.image.id);
  return {
    format: tables.image.format,
    id,
    size: fileSize,
    headSize: head.length,
    manifest: manifestOf(tables, id),
    constraints: constraintsOf(tables),
    tags: parseTags(tables.tags),
    threads: tables.threads.map(({ tid, name }) => ({ tid, name })),
    mappings: tables.vmas.map(mappingOf),
    runs: tables.runs.map(({ address, length, offset, vma, crc }) => ({
      address,
      length,
      offset,
      mapping: vma,
      crc,
    })),
    files: tables.files.map((file) => fileOf(file, tables)),
    descriptors: tables.fds.map((fd) => describeDescriptor(fd, tables)),
    epollRegistrations: tables.epolls.length,
    clock: clockOf(tables),
    generators: tables.generators.length,
    pools: tables.pools,
    landmarks: landmarksOf(tables),
    cwd: tables.text(tables.image.cwd),
  };
}

function landmarksOf({ image }: ImageTables): ImageLandmarks {
  return {
    heap: { start: image.startBrk, end: image.brk },
    stack: image.startStack,
    arguments: { start: image.argStart, end: image.argEnd },
    environment: { start: image.envStart, end: image.envEnd },
  };
}

function clockOf({ clock }: ImageTables): ImageClock {
  return {
    wall: new Date(Number(clock.realtime / 1_000_000n)).toISOString(),
    monotonic: Number(clock.monotonic) / 1e6,
    policy: CLOCK_POLICIES[clock.policy] ?? damaged('it treats the clock in an unknown way'),
  };
}

function formatId(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function manifestOf(tables: ImageTables, id: string): Manifest {
  const parsed = parseManifest(tables.manifest);
  if (!parsed.ok) return damaged(`its manifest is invalid: ${parsed.problem}`);
  if (parsed.manifest.id !== id) damaged(`its manifest has the id ${parsed.manifest.id} and its head ${id}`);
  return parsed.manifest;
}

function constraintsOf({ image, cpu }: ImageTables): ImageConstraints {
  return {
    architecture: 'x64',
    kernel: namesOfBits(KERNEL_NEEDS, image.kernelNeeds),
    cpu: {
      vendor: cpu.vendor,
      brand: cpu.brand.trim(),
      features: featureWords(cpu.features),
      mask: Buffer.from(cpu.features).toString('hex'),
    },
    highestDescriptor: image.highestFd,
    addressSpace: image.addressSpace,
    protectionKeys: Array.from({ length: 16 }, (_, key) => key).filter((key) => (image.pkeys >>> key) & 1),
  };
}

function featureWords(bytes: Uint8Array): readonly string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / 4 }, (_, word) =>
    view
      .getUint32(word * 4, true)
      .toString(16)
      .padStart(8, '0'),
  );
}

function mappingOf(vma: ImageTables['vmas'][number]): ImageMapping {
  const flags = namesOfBits(MAPPING_FLAGS, vma.flags);
  return {
    start: vma.start,
    end: vma.end,
    permissions: permissionsOf(vma.prot, flags.includes('shared')),
    flags,
    protectionKey: vma.pkey,
    ...(vma.file === NONE ? {} : { file: vma.file }),
    fileOffset: vma.fileOffset,
  };
}

function permissionsOf(prot: number, shared: boolean): string {
  return `${prot & 1 ? 'r' : '-'}${prot & 2 ? 'w' : '-'}${prot & 4 ? 'x' : '-'}${shared ? 's' : 'p'}`;
}

function fileOf(file: ImageTables['files'][number], tables: ImageTables): ImageFile {
  return {
    path: tables.text(file.path),
    size: file.size,
    identityKind:
      IDENTITY_KINDS[file.identityKind - 1] ?? damaged('a mapped file has an unknown kind of identity'),
    identity: Buffer.from(file.identity.subarray(0, file.identitySize)).toString('hex'),
  };
}

function namesOfBits<Name extends string>(names: readonly Name[], bits: number): readonly Name[] {
  return names.filter((_, bit) => (bits >>> bit) & 1);
}
