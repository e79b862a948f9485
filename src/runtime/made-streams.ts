import { EventEmitter } from 'node:events';
import tty from 'node:tty';

/** What Node's standard streams have besides their public face. */
export interface StandardStream extends EventEmitter {
  fd: number | null;
  _handle?: StreamHandle | null;
  _readableState?: ReadableState;
  _writableState?: { ended: boolean };
  isTTY?: boolean;
  isRaw?: boolean;
  rawMode?: boolean | string;
  columns?: number;
  rows?: number;
  _type?: string;
  /** Addresses of a TCP connection, once somebody has asked for them. */
  _peername?: object | null;
  _sockname?: object | null;
  _read?: (size: number) => void;
  read?(size: number): unknown;
  setRawMode?(mode: unknown): unknown;
  _undestroy(): void;
}

/** The native half of a stream over a terminal, a pipe or a socket. */
export interface StreamHandle {
  readonly constructor: { readonly name: string };
  readonly fd: number;
  readonly writeQueueSize: number;
  reading: boolean;
  onread: unknown;
  getWindowSize?(size: [number, number]): number;
  hasRef(): boolean;
  unref(): void;
  readStop(): void;
  close(): void;
}

interface ReadableState {
  flowing: boolean | null;
  reading: boolean;
  ended: boolean;
  endEmitted: boolean;
  errored: Error | null;
  emittedReadable: boolean;
  highWaterMark: number;
  readonly destroyed: boolean;
}

/** The three streams, where the program has them. */
export interface MadeStreams {
  readonly stdin: StandardStream | undefined;
  readonly stdout: StandardStream | undefined;
  readonly stderr: StandardStream | undefined;
}

const NOT_MADE = new Error('No stream is made here.');

/** Gives the standard streams that exist. Node makes each when it is first asked for; this makes none. */
export function madeStreams(): MadeStreams {
  return makingNone(() => ({ stdin: peek('stdin'), stdout: peek('stdout'), stderr: peek('stderr') }));
}

/** Whether streams can be kept from being made. */
export function canMakeNone(): boolean {
  return makingNone(() => {
    try {
      new tty.WriteStream(-1);
    } catch (error) {
      if (error !== NOT_MADE) return false;
    }
    try {
      new EventEmitter();
    } catch (error) {
      return error === NOT_MADE;
    }
    return false;
  });
}

/** Nothing that emits events can be made while `look` runs; a terminal's constructor opens the terminal before it comes to that. */
function makingNone<T>(look: () => T): T {
  const emitter = EventEmitter as unknown as { init: () => void };
  const { init } = emitter;
  const { ReadStream, WriteStream } = tty;
  emitter.init = refuse;
  Object.assign(tty, { ReadStream: refuse, WriteStream: refuse });
  try {
    return look();
  } finally {
    emitter.init = init;
    Object.assign(tty, { ReadStream, WriteStream });
  }
}

function refuse(): never {
  throw NOT_MADE;
}

function peek(name: keyof MadeStreams): StandardStream | undefined {
  try {
    return process[name] as unknown as StandardStream;
  } catch (error) {
    if (error === NOT_MADE) return undefined;
    throw error;
  }
}
