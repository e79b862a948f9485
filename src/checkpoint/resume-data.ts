import { checkOptions, refuseArgument } from '../core/arguments.js';
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

/**
 * Fills in what the caller left out, for a process that was prepared at `prepared`.
 *
 * @throws {CracException} `ERR_CRAC_INVALID_ARGUMENT`; the process is prepared still
 */
export function toBroughtData(data: ResumeData, prepared: Moment): BroughtData {
  checkData(data);
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

const NUMBERS = ['startedAt', 'frozenMs', 'frozenMonotonicMs', 'duration'] as const;

function checkData(data: ResumeData): void {
  checkOptions(data, 'data');
  const { args, env } = data;
  if (args !== undefined && !(Array.isArray(args) && args.every(isString)))
    refuseArgument('data.args', 'an array of strings', args);
  if (env !== undefined) {
    checkOptions(env, 'data.env');
    for (const [name, value] of Object.entries(env))
      if (!isString(value)) refuseArgument(`data.env.${name}`, 'a string', value);
  }
  for (const name of ['cwd', 'directory'] as const)
    if (data[name] !== undefined && !isString(data[name]))
      refuseArgument(`data.${name}`, 'a string', data[name]);
  for (const name of NUMBERS)
    if (data[name] !== undefined && !Number.isFinite(data[name]))
      refuseArgument(`data.${name}`, 'a finite number', data[name]);
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}
