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
  readonly keepRunning: boolean;
  readonly verify: boolean;
  readonly placeholders: readonly number[];
  readonly stopTimeout: number;
  /** Restores leave the monotonic clock as it is on their machine. */
  readonly hostClock: boolean;
  /** Named point at which the process kills itself; for tests, empty otherwise. */
  readonly fault: string;
}

/** How the native step ended. A failure is thrown: an `Error` with `code`, `phase` and `errno`. */
export type NativeOutcome =
  | {
      readonly status: 'restored';
      readonly args: readonly string[];
      readonly hasArgs: boolean;
      /** `NAME=value` strings in the restorer's order. */
      readonly env: readonly string[];
      readonly cwd: string;
      readonly cwdPolicy: 'restorer' | 'image';
      readonly envPolicy: 'replace' | 'merge' | 'image';
      readonly directory: string;
      /** Milliseconds since the epoch. */
      readonly startedAt: number;
      /** Milliseconds between the checkpoint and the launcher's start: by the wall clock, and by the monotonic clock of this process. */
      readonly frozenMs: number;
      readonly frozenMonotonicMs: number;
      /** Milliseconds from the launcher's start to here. */
      readonly duration: number;
    }
  | {
      readonly status: 'writing';
      /** Process that writes the image; poll it with `writer()`. */
      readonly pid: number;
      /** Milliseconds for which the threads were stopped. */
      readonly pause: number;
    };

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
  checkpoint(request: NativeRequest): NativeOutcome;
  /** State of the process that writes a kept-running image: `undefined` while it works, `null` when done; throws its error. */
  writer(pid: number): undefined | null;
  descriptors(): readonly NativeDescriptor[];
  /** The number of this process in its own PID namespace, as the kernel gives it now. */
  pid(): number;
  probe(): NativeProbe;
  /**
   * Learns where V8 keeps the generators of `Math.random()`: from then on images list them, and a restored process gives each a new state
   * before any code runs. `makeContext` makes a new context and returns its `Math.random`.
   */
  learnGenerators(makeContext: () => () => number): NativeGenerators;
  /** Makes another locale the default one of ICU, and of V8 in this thread. */
  setLocale(locale: string): void;
  /** Has V8 in this thread ask ICU for the default locale anew. */
  localeChanged(): void;
  /** Has V8 in this thread ask ICU for the time zone anew. */
  timeZoneChanged(): void;
  /** Finds where Node and libuv noted what the terminal behind standard input gets back at the end of the process; no raw mode may be on. */
  rememberTerminal(): void;
  /** Makes these notes those of the terminal that is standard input now. `fd` is the number under which the old one was open. */
  adoptTerminal(fd: number): void;
  /** Gives the free memory of V8 and of libc's allocator back to the kernel. */
  trim(): void;
  /** Returns what `callback` returns, which Node meanwhile tells also of sockets and watchers that do not keep the process alive. */
  withAllHandles<Value>(callback: () => Value): Value;
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
}
