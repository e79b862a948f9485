import type { ClockPolicy, IdentityKind, ImageDescriptorKind, KernelNeed } from './format.js';
import type { Manifest } from './manifest.js';
import type { Tags } from './tags.js';

/** Everything that the head of an image says, decoded and checked. */
export interface Image {
  readonly format: number;
  /** Equal to the manifest's id. */
  readonly id: string;
  /** Bytes of `process.core`. */
  readonly size: number;
  /** Bytes before the first page. */
  readonly headSize: number;
  /** From the note inside of `process.core`, which is the authoritative copy. */
  readonly manifest: Manifest;
  readonly constraints: ImageConstraints;
  /** Labels, and sets of bits by which restorers choose. */
  readonly tags: Tags;
  readonly threads: readonly ImageThread[];
  readonly mappings: readonly ImageMapping[];
  readonly runs: readonly ImageRun[];
  readonly files: readonly ImageFile[];
  readonly descriptors: readonly ImageDescriptor[];
  /** How many registrations all epoll sets hold together. */
  readonly epollRegistrations: number;
  readonly clock: ImageClock;
  /** How many of V8's generators of random numbers a restored process gives new states. */
  readonly generators: number;
  readonly pools: ImagePools;
  readonly landmarks: ImageLandmarks;
  /** Working directory of the checkpointed process. */
  readonly cwd: string;
}

/** The clocks when the threads had stopped. */
export interface ImageClock {
  /** ISO 8601, UTC. */
  readonly wall: string;
  /** Milliseconds of monotonic time, as the process saw it. */
  readonly monotonic: number;
  /** What becomes of monotonic time, unless `crac restore --clock` says otherwise. */
  readonly policy: ClockPolicy;
}

/** Buffers of random bytes that the program takes its values from (`crypto.randomUUID`, for example). */
export interface ImagePools {
  /** How many of them a restored process fills anew. */
  readonly count: number;
  /** Bytes that it fills. */
  readonly bytes: number;
  /** Fillings for which there was no room in the table of such buffers: what is left of their bytes may come out of every copy. */
  readonly lost: number;
}

/** Addresses by which mappings without a file are told apart. */
export interface ImageLandmarks {
  /** Where libc's heap begins and ends. */
  readonly heap: ImageRange;
  /** An address in the stack of the main thread. */
  readonly stack: number;
  /** The kernel's copies of the arguments and of the environment with which the program was started. */
  readonly arguments: ImageRange;
  readonly environment: ImageRange;
}

/** From the first byte to behind the last. */
export interface ImageRange {
  readonly start: number;
  readonly end: number;
}

/** What a host must have before the launcher restores the image. */
export interface ImageConstraints {
  readonly architecture: 'x64';
  readonly kernel: readonly KernelNeed[];
  readonly cpu: {
    readonly vendor: string;
    readonly brand: string;
    /** CPUID words whose bits the host must have, as hexadecimal numbers. */
    readonly features: readonly string[];
    /** The same as one text, in the form that `crac run --cpu-features` takes. */
    readonly mask: string;
  };
  /** Highest descriptor number, for RLIMIT_NOFILE. */
  readonly highestDescriptor: number;
  /** Bytes that all mappings cover, for RLIMIT_AS. */
  readonly addressSpace: number;
  /** Protection keys in use. */
  readonly protectionKeys: readonly number[];
}

export interface ImageThread {
  /** Thread id at the checkpoint. */
  readonly tid: number;
  readonly name: string;
}

export interface ImageMapping {
  readonly start: number;
  readonly end: number;
  /** As in `/proc/PID/maps`, for example `rw-p`. */
  readonly permissions: string;
  readonly flags: readonly string[];
  readonly protectionKey: number;
  /** Index into `files` of the mapped file. */
  readonly file?: number;
  readonly fileOffset: number;
}

/** Consecutive pages of one mapping that are stored in the image. */
export interface ImageRun {
  readonly address: number;
  readonly length: number;
  /** Position in `process.core`. */
  readonly offset: number;
  /** Index into `mappings`. */
  readonly mapping: number;
  /** CRC-32C of the pages. */
  readonly crc: number;
}

/** A file that the process maps, which must be the same one at the restore. */
export interface ImageFile {
  readonly path: string;
  readonly size: number;
  readonly identityKind: IdentityKind;
  /** Hexadecimal. */
  readonly identity: string;
}

export interface ImageDescriptor {
  readonly fd: number;
  readonly kind: ImageDescriptorKind;
  /** What it is, in words: `tcp 127.0.0.1:3000`, `/dev/null`, `12 bytes buffered`, ... */
  readonly description: string;
  /** Of a file that is opened again. */
  readonly path?: string;
}
