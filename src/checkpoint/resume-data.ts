import type { BroughtData } from './restored-info.js';

/** What a restore by somebody else brought along: a snapshot of the whole virtual machine, for example. All of it may be left out. */
export interface ResumeData {
  /** Replace `process.argv.slice(2)`. */
  readonly args?: readonly string[];
  /** Replaces `process.env`. */
  readonly env?: Readonly<Record<string, string>>;
  /** Becomes the working directory. */
  readonly cwd?: string;
  /** Absolute path of the image, for `RestoreInfo`. */
  readonly directory?: string;
  /** When the restore began, in milliseconds since the epoch. @default now */
  readonly startedAt?: number;
  /** Milliseconds for which the process was away, by the wall clock. @default what has passed by it since `prepare()` */
  readonly frozenMs?: number;
  /** Milliseconds by which monotonic time went on meanwhile. @default what has passed by it since `prepare()` */
  readonly frozenMonotonicMs?: number;
  /** Milliseconds from there to now. @default 0 */
  readonly duration?: number;
}

/** A moment by both clocks, in milliseconds. */
export interface Moment {
  readonly wall: number;
  readonly monotonic: number;
}

/** This moment. */
export function presentMoment(): Moment {
  return { wall: Date.now(), monotonic: performance.now() };
}

/** Fills in what the caller left out, for a process that was prepared at `prepared`. */
export function toBroughtData(data: ResumeData, prepared: Moment): BroughtData {
  const { args, env, cwd, directory = '', startedAt, frozenMs, frozenMonotonicMs, duration = 0 } = data;
  const now = presentMoment();
  return {
    args: args ?? [],
    hasArgs: args !== undefined,
    ...(env !== undefined && { env, envPolicy: 'replace' }),
    cwd: cwd ?? '',
    cwdPolicy: cwd === undefined ? 'image' : 'restorer',
    directory,
    startedAt: startedAt ?? now.wall,
    frozenMs: frozenMs ?? Math.max(0, now.wall - prepared.wall),
    frozenMonotonicMs: frozenMonotonicMs ?? now.monotonic - prepared.monotonic,
    duration,
  };
}
