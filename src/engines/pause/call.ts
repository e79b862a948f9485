/**
 * What the command says to a process that waits, and the answer: one JSON object per line and direction, over a socket that the waiting
 * process's file `pid` names.
 */
import type { EngineRestoreRequest } from '../engine.js';

/** Name of the file in the image directory. */
export const PID_FILE = 'pid';

/** Longest call that is read, in bytes. */
export const MAX_CALL_LENGTH = 16_777_216;

/** The file `pid`: the number of the process in the first line, where it listens in the second. */
export interface Waiting {
  readonly pid: number;
  /** Path of a unix socket, or of a named pipe on Windows. */
  readonly address: string;
}

/** What a restore brings to the process that it wakes. */
export interface Call
  extends Pick<
    EngineRestoreRequest,
    'args' | 'hasArgs' | 'env' | 'cwd' | 'cwdPolicy' | 'envPolicy' | 'startedAt' | 'directory'
  > {
  /** The image for which it is meant. */
  readonly id: string;
}

/** The answer: whether the process goes on, and if not, why, as a part of a sentence. */
export type Answer = { readonly awake: true } | { readonly awake: false; readonly reason: string };

/** The text of the file `pid`. */
export function stringifyWaiting({ pid, address }: Waiting): string {
  return `${pid}\n${address}\n`;
}

/** Reads the file `pid`; `undefined` when it is none. */
export function parseWaiting(text: string): Waiting | undefined {
  const [, pid = '', address] = /^(\d+)\n(.+)\n$/.exec(text) ?? [];
  return address === undefined ? undefined : { pid: Number(pid), address };
}

/** Reads a call; the sentence's part that says why not when it is none, or meant for another image. */
export function parseCall(line: string, id: string): Call | string {
  const value = parse(line);
  if (!isRecord(value)) return 'the call is no JSON object';
  const { args, hasArgs, env, cwd, cwdPolicy, envPolicy, startedAt, directory } = value;
  if (value['id'] !== id) return 'the call is meant for another image';
  const texts = [cwd, cwdPolicy, envPolicy, directory];
  if (!texts.every((text) => typeof text === 'string') || typeof startedAt !== 'number') {
    return 'the call lacks something';
  }
  if (typeof hasArgs !== 'boolean' || !Array.isArray(args) || !args.every(isText) || !isRecord(env)) {
    return 'the call lacks something';
  }
  if (!Object.values(env).every(isText)) return 'the environment of the call holds something else than texts';
  return value as unknown as Call;
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
