/** The typed face of the native agent. The agent validates nothing: callers do. */

/** Kinds of open descriptors that the agent tells apart. */
export const DESCRIPTOR_KINDS = [
  'stdio',
  'epoll',
  'eventfd',
  'pipe',
  'io_uring',
  'device',
  'tty-alias',
  'listener',
  'file',
  'directory',
  'fifo',
  'socket',
  'socketpair',
  'inotify',
  'timerfd',
  'signalfd',
  'memfd',
  'pidfd',
  'userfaultfd',
  'other',
] as const;
export type DescriptorKind = (typeof DESCRIPTOR_KINDS)[number];

/** One open descriptor as the kernel shows it. */
export interface NativeDescriptor {
  readonly fd: number;
  readonly kind: DescriptorKind;
  /** Target of `/proc/self/fd/N`: a path, `socket:[inode]`, `anon_inode:[name]`, ... */
  readonly target: string;
  /** Whether the native engine can carry it over by itself. */
  readonly travels: boolean;
  /** For sockets: `tcp`, `tcp6`, `udp`, `udp6`, `unix`, `unix-dgram`, `unix-seqpacket`, `netlink`, `other`. */
  readonly protocol?: string;
  /** For sockets: `127.0.0.1:3000`, `[::1]:3000`, a path, `@abstract` or an empty string. */
  readonly localAddress?: string;
  readonly remoteAddress?: string;
}

/** What the agent needs for one checkpoint. */
export interface NativeRequest {
  /** UUID of the image. */
  readonly id: string;
  readonly directory: string;
  readonly manifest: string;
  /** Contents of the files of these names beside the image; `tags` is inside of it as well. */
  readonly tags: string;
  readonly score: string;
  /** Bits of {@link NativeBinding.cpuFeatures} that the image may rely on, in the same form; all for an empty text. */
  readonly cpuFeatures: string;
  readonly keepRunning: boolean;
  readonly verify: boolean;
  readonly placeholders: readonly number[];
  readonly closed: readonly number[];
  readonly reopened: readonly number[];
  readonly unchecked: readonly number[];
  readonly stopTimeout: number;
  /** Memory of its own whose content stays out of the image; a restored process finds zeros there. */
  readonly secrets: readonly Uint8Array[];
  /** Restores leave the monotonic clock as it is on their machine. */
  readonly hostClock: boolean;
  /** Named point at which the process kills itself; for tests, empty otherwise. */
  readonly fault: string;
  /** Filled in the restored process. */
  readonly arrival: Float64Array;
}

/**
 * Where a restored process finds the fields of {@link NativeRequest.arrival}. Reading numbers touches nothing of V8 that a program's own
 * first line would not touch; making one object costs ten page faults.
 */
export const ARRIVAL = {
  /** The number of this process. */
  pid: 0,
  /** `ARRIVAL_FLAGS`. */
  flags: 1,
  /** When the restore began, in milliseconds since the epoch. */
  startedAt: 2,
  /** Milliseconds from the launcher's start to the return of `checkpoint()`. */
  duration: 3,
  /** Whether `adoptEnvironment()` has something to do. */
  environmentDiffers: 4,
  /** Whether this is a self-test: the restorer's environment has `CRAC_SELF_TEST`. */
  selfTest: 5,
  /** Whether the restorer's working directory is not that of the checkpoint. */
  moved: 6,
  /** Milliseconds between the checkpoint and the launcher's start by the wall clock ... */
  away: 7,
  /** ... and by the monotonic clock of this process. */
  awayMonotonic: 8,
  /** 2 when the restorer's environment has `CRAC_LOG=debug`, 1 when it has `CRAC_LOG=info`, else 0. */
  log: 9,
  /** Whether `/etc/resolv.conf` is the file of the checkpoint, with the same content. */
  sameResolvConf: 10,
  /** Whether the restorer's environment has `NODE_EXTRA_CA_CERTS` or `SSL_CERT_FILE`. */
  namesAuthorities: 11,
  /** Whether `NODE_OPTIONS` of the restorer is that of the checkpoint. */
  sameOptions: 12,
  /** What `process.hrtime()` would show now, in milliseconds. */
  resumedAt: 13,
  /** Whether nothing was restored: this process itself is described. The agent leaves it alone. */
  rehearsed: 14,
} as const;

/** Number of fields of {@link ARRIVAL}. */
export const ARRIVAL_FIELDS = 15;

/** What the restore was asked for, as the launcher hands it over. */
export const ARRIVAL_FLAGS = {
  /** Arguments were given, if only none. */
  hasArgs: 1,
  /** The working directory is that of the checkpoint, not the restorer's. */
  cwdImage: 2,
  /** The environment is added to that of the checkpoint. */
  envMerge: 8,
  /** The environment is that of the checkpoint. */
  envImage: 16,
} as const;

/** What is another in a changed environment. */
export const ENVIRONMENT_NEWS = {
  timeZone: 1,
  locale: 2,
} as const;

/** What the restorer had. */
export interface NativeBrought {
  readonly args: readonly string[];
  /** `NAME=value` strings in the restorer's order. */
  readonly env: readonly string[];
  readonly cwd: string;
  readonly directory: string;
}

/** What another program needs to write this process. */
export interface NativeSuspension extends Omit<NativeRequest, 'arrival'> {
  /** Words of its command; the first one is an absolute path. */
  readonly command: readonly string[];
  /** The process that has to start it, or 0 when this one may (`native/criu/servant.c`). */
  readonly servant: number;
}

/** How a suspension ended. */
export interface NativeSuspended {
  /** In the restored process: descriptor with what the restore brought. -1: the image is on disk, and this is the process that was written. */
  readonly brought: number;
  /** Milliseconds for which the threads were stopped. */
  readonly pause: number;
}

/** A child is writing the image while this process goes on. */
export interface NativeWriting {
  /** Process that writes the image; poll it with `writer()`. */
  readonly pid: number;
  /** Milliseconds for which the threads were stopped. */
  readonly pause: number;
}

/** What the kernel lets the native engine do here. */
export interface NativeProbe {
  /** Empty when a checkpoint is possible, otherwise one sentence each. */
  readonly problems: readonly string[];
  readonly kernel: string;
  readonly ioUring: boolean;
  readonly pagemapScan: boolean;
  /** Whether the waits of libc are where they are known to be, so that their deadlines can be translated. */
  readonly clockWaits: boolean;
  /** Protection keys in use by this process. */
  readonly pkeys: number;
}

/** Whether the agent knows where V8 keeps the generators of `Math.random()`. */
export interface NativeGenerators {
  /** `seeded`: the program was started with `--random-seed`, so its values shall repeat. */
  readonly status: 'found' | 'seeded' | 'unknown';
  /** What could not be found when the status is `unknown`. */
  readonly missing: string;
}

/** Which generator OpenSSL asks: `ours`, or why it is not ours. */
export type RandomState = 'off' | 'ours' | 'fips' | 'foreign' | 'missing';

/** Exports of the agent. */
export interface NativeBinding {
  /** Returns nothing in the restored process. A failure is thrown: an `Error` with `code`, `phase` and `errno`. */
  checkpoint(request: NativeRequest): NativeWriting | undefined;
  /**
   * Stops the process so that another program can write it; goes on in either case. A failure is thrown: an `Error` with `code`, `phase`,
   * `errno` and the program's `status` as wait(2) gives it, -1 when it was not started.
   */
  suspend(suspension: NativeSuspension): NativeSuspended;
  /** Ends the process with status 0, at once. */
  leave(): never;
  /** What the last restore brought; a sample of the same make in a process that Node started. */
  brought(): NativeBrought;
  /** Makes the environment what the last restore says, and nothing when that is only rehearsed. Returns {@link ENVIRONMENT_NEWS}, which V8 has to be told. */
  adoptEnvironment(rehearsed: boolean): number;
  /** State of the process that writes a kept-running image: `undefined` while it works, `null` when done; throws its error. */
  writer(pid: number): undefined | null;
  descriptors(): readonly NativeDescriptor[];
  /** The number of this process in its own PID namespace, as the kernel gives it now. */
  pid(): number;
  probe(): NativeProbe;
  /** What the processor offers to programs, as hexadecimal digits of the bytes that an image stores. */
  cpuFeatures(): string;
  /**
   * Learns where V8 keeps the generators of `Math.random()`: from then on images list them, and a restored process gives each a new state
   * before any code runs. `makeContext` makes a new context and returns its `Math.random`.
   */
  learnGenerators(makeContext: () => () => number): NativeGenerators;
  /** Makes another locale the default one of ICU, and of V8 in this thread. */
  setLocale(locale: string): void;
  /** Lowers the limit of V8's heap in this thread, as far as what lives on it allows. */
  limitHeap(bytes: number): void;
  /** From here on, until it is called with `false`, new pages of V8's heap come to lie next to each other, where the address space is not limited. */
  gather(on: boolean): void;
  /** Sets flags of V8, of fewer than 128 characters, once the process has computed for so many milliseconds; without arguments that is taken back. */
  setFlagsLater(...flagsAndMilliseconds: [] | [string, number]): void;
  /** Has V8 in this thread ask ICU for the default locale anew. */
  localeChanged(): void;
  /** Has V8 in this thread ask ICU for the time zone anew. */
  timeZoneChanged(): void;
  /** The ends of a new pipe, first the one to read from; none when there can be none. */
  pipe(): readonly number[];
  /** Has libuv write what it holds for a descriptor that has become a file: a number to close when that is done, or -1. */
  wakeOutput(fd: number): number;
  /** Finds where Node and libuv noted what the terminal behind standard input gets back at the end of the process; no raw mode may be on. */
  rememberTerminal(): void;
  /** Makes these notes those of the terminal that is standard input now. `fd` is the number under which the old one was open. */
  adoptTerminal(fd: number): void;
  /** Gives the free memory of V8 and of libc's allocator back to the kernel. */
  trim(): void;
  /** Returns what `callback` returns, which Node meanwhile tells also of sockets and watchers that do not keep the process alive. */
  withAllHandles<Value>(callback: () => Value): Value;
  /** Number of the event loop's requests that have not ended, also of those that Node does not list: work of `node:crypto`, zlib and addons. */
  requests(): number;
  /** Removes the watchers of files of the event loop, as `fs.watch()` makes them; returns how many there were. */
  stopWatchers(): number;
  /** Makes those anew that still exist; returns the ones that could not be made. May be called at any time. */
  startWatchers(): readonly { readonly path: string; readonly reason: string }[];
  /** Lets connections to these listeners of the event loop wait. `checkpoint()` ends that before it writes. */
  pauseListeners(fds: readonly number[]): void;
  /** Ends what `pauseListeners()` began; may be called at any time. */
  resumeListeners(): void;
  /** Puts the agent's generator before OpenSSL's, once for the process; without arguments it only tells. */
  random(renewing: boolean, pools: boolean): RandomState;
  random(): RandomState;
  /** Has OpenSSL seed its own generator anew; whether it did. */
  reseed(): boolean;
  /** Sizes of the pools of random bytes that the last restore has filled anew. */
  pools(): readonly number[];
  /**
   * Stops all threads for a moment and gives generators and pools of random values new beginnings, as a restore does; `stopTimeout` are the milliseconds
   * that stopping may take. Throws what could not be renewed; the rest was.
   */
  renew(stopTimeout: number): void;
  /** A descriptor on which the kernel tells of its devices: one event a read, `NAME=value` texts that end with a zero. Throws with `errno`. */
  openUevents(): number;
  /**
   * Calls `callback` on this thread whenever the descriptor can be read, without keeping the process alive. `false` when it is of a kind that nobody can
   * wait for. `unwatchReadable()` comes before it is closed.
   */
  watchReadable(fd: number, callback: () => void): boolean;
  unwatchReadable(fd: number): void;
  /** A descriptor that is connected to a unix socket: to a path, or behind a zero to an abstract name. Throws with `errno`. */
  connectUnix(path: string): number;
  /**
   * Reads from such a socket what it has: the number of bytes, 0 at its end, -1 for nothing yet. `passed` gets the number of descriptors that came along, and
   * the descriptors.
   */
  receive(fd: number, bytes: Uint8Array, passed: Int32Array): number;
  /**
   * Maps the first page of a device, or of sealed memory, which begins with a counter of 32 bits that others change: its address, 0 where that is not
   * possible or the file could become shorter. The caller unmaps it before an image is written.
   */
  mapCounter(fd: number): number;
  /** What a mapped counter shows now; no system call. */
  readCounter(address: number): number;
  unmapCounter(address: number): void;
}
