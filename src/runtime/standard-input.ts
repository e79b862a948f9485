import { createReadStream, ReadStream } from 'node:fs';
import net from 'node:net';
import tty from 'node:tty';
import { becomeFormer, endFormer } from './former-terminal.js';
import type { StandardStream } from './made-streams.js';
import type { StreamKind } from './stream-kind.js';
import { transplant } from './transplant.js';

/** A standard input that was taken off its descriptor. */
export interface DetachedInput {
  readonly stream: StandardStream;
  readonly isReading: boolean;
  readonly isReferenced: boolean;
  readonly rawMode: boolean | string;
  /** Number under which a terminal was open; -1 if it was none. */
  readonly terminal: number;
}

/**
 * Takes standard input off its descriptor: the event loop then waits for nothing there, and a terminal is left as it was found. What was
 * read already stays in the stream. Nothing is detached from an input that the program has closed by itself.
 */
export function detachInput(stream: StandardStream): DetachedInput | undefined {
  const { _handle: handle, _readableState: state } = stream;
  if (state === undefined || (state.destroyed && !state.endEmitted && state.errored === null))
    return undefined;
  const detached = {
    stream,
    isReading: state.reading || (handle?.reading ?? false),
    isReferenced: handle?.hasRef() ?? true,
    rawMode: stream.isRaw === true && (stream.rawMode ?? true),
    terminal: stream.isTTY ? (handle?.fd ?? -1) : -1,
  };
  if (detached.rawMode !== false) stream.setRawMode?.(false);
  if (handle) close(stream);
  else stream._read = () => {};
  return detached;
}

/** Whether all of it was read; a file may come to its end after it was detached, by a read that was under way. */
export function isOver({ _readableState: state }: StandardStream): boolean {
  return state !== undefined && (state.ended || state.destroyed);
}

/** Undoes the detaching of an input that is over: it stays so. */
export function leaveEnded({ stream }: DetachedInput): void {
  delete stream._read;
}

/**
 * Puts it on what is behind the descriptor now; an input that had ended begins anew, when the program asks for it. `adopt` is called
 * when the descriptor is open anew and raw mode is still off.
 */
export function attachInput(detached: DetachedInput, kind: StreamKind, adopt: () => void): void {
  const { stream } = detached;
  const begins = isOver(stream);
  const wasTerminal = stream.isTTY;
  delete stream._read;
  if (begins) beginAnew(stream);
  if (kind === 'terminal') endFormer(stream);
  if (kind !== 'file' || !(stream instanceof ReadStream)) exchange(stream, kind);
  if (wasTerminal && kind !== 'terminal') becomeFormer(stream);
  adopt();
  goOn(begins ? { ...detached, isReading: false } : detached);
}

function exchange(stream: StandardStream, kind: StreamKind): void {
  transplant(stream, create(kind));
  stream.fd = 0;
}

function close(stream: StandardStream): void {
  const { _handle: handle, _readableState: state } = stream;
  if (!handle || !state) return;
  handle.onread = () => {};
  handle.readStop();
  handle.close();
  stream._handle = null;
}

function create(kind: StreamKind): StandardStream {
  if (kind === 'terminal') return new tty.ReadStream(0) as unknown as StandardStream;
  if (kind === 'file') return createReadStream('', { fd: 0, autoClose: false }) as unknown as StandardStream;
  const options = { fd: 0, readable: true, writable: false, manualStart: true };
  return new net.Socket(options) as unknown as StandardStream;
}

/** Forgets the end. The stream waits until it is read again: a program that had read all of its input may not want more. */
function beginAnew(stream: StandardStream): void {
  stream._undestroy();
  const { _readableState: state } = stream;
  if (state === undefined) return;
  state.flowing = null;
  state.emittedReadable = false;
}

function goOn({ stream, isReading, isReferenced, rawMode }: DetachedInput): void {
  const { _handle: handle, _readableState: state, _writableState: writable } = stream;
  const isAsked = isReading || state?.reading === true;
  if (writable !== undefined) writable.ended = true; /* nobody can end() it */
  if (state !== undefined) state.reading = false;
  if (handle) handle.reading = false;
  if (rawMode !== false) stream.setRawMode?.(rawMode);
  if (!isReferenced) handle?.unref();
  if (isAsked) stream.read?.(0);
}
