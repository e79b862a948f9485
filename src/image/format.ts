/** The layout of `process.core` as `native/image/image.h` defines it: constants and records, under the same names. */
import type { RecordOf } from './record.js';

/** The only version of the layout that this reader accepts. */
export const IMAGE_FORMAT = 1;

/** First word of the image note: format family and architecture, the text `x64Crac1`. */
export const IMAGE_MAGIC = 0x3163617243343678n;

/** Name of every vendor note. */
export const NOTE_NAME = 'CRaC';

/** Bytes of a page. */
export const PAGE_SIZE = 4096;

/** Most bytes that the head may occupy. */
export const HEAD_LIMIT = 0x20000000;

/** Index that stands for none. */
export const NONE = 0xffffffff;

/** Types of the vendor notes on disk: above every number that a debugger takes for its own. */
export const NOTE_TYPES = {
  image: 0x43520001,
  manifest: 0x43520002,
  cpu: 0x43520003,
  threads: 0x43520004,
  vmas: 0x43520005,
  runs: 0x43520006,
  files: 0x43520007,
  fds: 0x43520008,
  epolls: 0x43520009,
  signals: 0x4352000a,
  auxv: 0x4352000b,
  strings: 0x4352000c,
  bytes: 0x4352000d,
  owners: 0x4352000e,
  clock: 0x4352000f,
  generators: 0x43520010,
  pools: 0x43520011,
  tags: 0x43520012,
} as const;
export type NoteName = keyof typeof NOTE_TYPES;

/** Bits of `kernelNeeds`, from the lowest. */
export const KERNEL_NEEDS = [
  'io_uring',
  'io_uring without submission array',
  'protection keys',
  'copied pages',
] as const;
export type KernelNeed = (typeof KERNEL_NEEDS)[number];

/** Bits of a mapping's `flags`, from the lowest. */
export const MAPPING_FLAGS = [
  'file',
  'shared',
  'stack',
  'io_uring',
  'dontfork',
  'dontdump',
  'hugepage',
  'nohugepage',
  'locked',
  'wipeonfork',
] as const;

/** Kinds of descriptors; the number in the image is the position, counted from 1. */
export const IMAGE_DESCRIPTOR_KINDS = [
  'epoll',
  'eventfd',
  'pipe',
  'io_uring',
  'listener',
  'device',
  'alias',
  'duplicate',
  'placeholder',
  'stdio',
  'inotify',
  'socketpair',
  'file',
  'closed',
] as const;
export type ImageDescriptorKind = (typeof IMAGE_DESCRIPTOR_KINDS)[number];

/** Ways to recognise a mapped file; the number in the image is the position, counted from 1. */
export const IDENTITY_KINDS = ['build-id', 'sample'] as const;
export type IdentityKind = (typeof IDENTITY_KINDS)[number];

/** `struct crac_image` */
export const IMAGE_RECORD = {
  magic: 'u64',
  format: 'u32',
  headCrc: 'u32',
  headSize: 'size',
  fileSize: 'size',
  headAddress: 'size',
  kernelNeeds: 'u32',
  highestFd: 'u32',
  addressSpace: 'size',
  startCode: 'size',
  endCode: 'size',
  startData: 'size',
  endData: 'size',
  startBrk: 'size',
  brk: 'size',
  startStack: 'size',
  argStart: 'size',
  argEnd: 'size',
  envStart: 'size',
  envEnd: 'size',
  vvarStart: 'size',
  vdsoStart: 'size',
  vdsoEnd: 'size',
  vdsoText: 'u32',
  pkeys: 'u32',
  umask: 'u32',
  cwd: 'u32',
  pid: 'u32',
  executable: 'u32',
  created: 'u64',
  id: { bytes: 16 },
} as const;
export type ImageRecord = RecordOf<typeof IMAGE_RECORD>;

/** `struct crac_cpu` */
export const CPU_RECORD = { features: { bytes: 40 }, vendor: { text: 16 }, brand: { text: 48 } } as const;

/** `struct crac_thread` */
export const THREAD_RECORD = {
  registers: { bytes: 64 },
  mxcsr: 'u32',
  fcw: 'u16',
  reserved: 'u16',
  pkru: 'u32',
  tid: 'u32',
  fsBase: 'u64',
  gsBase: 'u64',
  clearChildTid: 'u64',
  robustList: 'u64',
  robustListSize: 'u64',
  altstackAddress: 'u64',
  altstackSize: 'u64',
  altstackFlags: 'u32',
  rseqSize: 'u32',
  rseqAddress: 'u64',
  signalMask: 'u64',
  name: { text: 16 },
} as const;

/** `struct crac_vma` */
export const VMA_RECORD = {
  start: 'size',
  end: 'size',
  fileOffset: 'size',
  file: 'u32',
  prot: 'u32',
  flags: 'u32',
  pkey: 'u32',
  ring: 'u32',
  reserved: 'u32',
} as const;

/** `struct crac_run` */
export const RUN_RECORD = {
  address: 'size',
  length: 'size',
  offset: 'size',
  vma: 'u32',
  crc: 'u32',
} as const;

/** `struct crac_file` */
export const FILE_RECORD = {
  path: 'u32',
  identityKind: 'u32',
  size: 'size',
  identitySize: 'u32',
  reserved: 'u32',
  identity: { bytes: 32 },
} as const;

/** `struct crac_fd` */
export const FD_RECORD = {
  fd: 'u32',
  kind: 'u32',
  statusFlags: 'u32',
  closeOnExec: 'u32',
  value: 'u64',
  extra: 'u32',
  pair: 'u32',
  path: 'u32',
  data: 'u32',
  dataSize: 'u32',
  reserved: 'u32',
} as const;

/** `struct crac_open_file` */
export const OPEN_FILE_RECORD = { size: 'size', modified: 'size', mode: 'u32', reserved: 'u32' } as const;

/** The bit of a file's `extra` that says that it may have changed since. */
export const FILE_UNCHECKED = 1;

/** `struct crac_listener` */
export const LISTENER_RECORD = {
  family: 'u32',
  protocol: 'u32',
  backlog: 'u32',
  options: 'u32',
  addressSize: 'u32',
  address: { bytes: 108 },
} as const;

/** The bit of a listener's `options` that says that its port was the value of PORT. */
export const LISTENER_ENV_PORT = 8;

/** `struct crac_epoll` */
export const EPOLL_RECORD = {
  epollFd: 'u32',
  targetFd: 'u32',
  events: 'u32',
  reserved: 'u32',
  data: 'u64',
} as const;

/** `struct crac_owner` */
export const OWNER_RECORD = { address: 'size', thread: 'u32', reserved: 'u32' } as const;

/** What becomes of the monotonic clock; the number in the image is the position. */
export const CLOCK_POLICIES = ['wall', 'freeze', 'host'] as const;
export type ClockPolicy = (typeof CLOCK_POLICIES)[number];

/** Nanoseconds; what a clock says is below. */
export const CLOCK_LIMIT: bigint = 1n << 62n;

/** `struct crac_clock`; `ahead` is signed in C. */
export const CLOCK_RECORD = {
  realtime: 'u64',
  monotonic: 'u64',
  ahead: 'u64',
  entry: 'size',
  policy: 'u32',
  reserved: 'u32',
  boot: { bytes: 16 },
} as const;

/** `struct crac_generator` */
export const GENERATOR_RECORD = { state: 'size', index: 'size', cache: 'size' } as const;

/** `struct crac_pools` */
export const POOLS_RECORD = { count: 'u32', lost: 'u32', bytes: 'size' } as const;

/** `struct crac_sigaction` */
export const SIGACTION_RECORD = { handler: 'u64', flags: 'u64', restorer: 'u64', mask: 'u64' } as const;
