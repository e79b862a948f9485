import type { BroughtData } from './history.js';

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
  /** Milliseconds from there to now. @default 0 */
  readonly duration?: number;
}

/** Fills in what the caller left out. */
export function toBroughtData({
  args,
  env,
  cwd,
  directory = '',
  startedAt,
  duration = 0,
}: ResumeData): BroughtData {
  return {
    args: args ?? [],
    hasArgs: args !== undefined,
    ...(env !== undefined && { env, envPolicy: 'replace' }),
    cwd: cwd ?? '',
    cwdPolicy: cwd === undefined ? 'image' : 'restorer',
    directory,
    startedAt: startedAt ?? Date.now(),
    duration,
  };
}
