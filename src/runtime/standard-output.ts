import { closeSync } from 'node:fs';
import net from 'node:net';
import { Writable } from 'node:stream';
import tty from 'node:tty';
import { becomeFormer, endFormer } from './former-terminal.js';
import type { StandardStream } from './made-streams.js';
import type { StreamKind } from './stream-kind.js';
import { transplant } from './transplant.js';

/** Streams whose size is asked for at each `SIGWINCH`. */
const followed = new WeakSet<StandardStream>();

/** So often a change is rehearsed. */
const ROUNDS = 2;

/** Makes streams that nobody has into streams over pipes, as often as there is a pipe. */
export function rehearseOutput(makePipe: () => readonly number[]): void {
  for (let round = 0; round < ROUNDS; round += 1) {
    const [reading, writing] = makePipe();
    if (reading === undefined || writing === undefined) return;
    const stream = new Writable() as unknown as StandardStream;
    becomeConnection(stream, writing);
    letGo(stream);
    closeSync(reading);
  }
}

/** Notes that Node itself sees to the size of a stream. */
export function noteTerminal(stream: StandardStream): void {
  if (stream.isTTY) followed.add(stream);
}

/**
 * Makes a standard output what it would be if the program had just been started.
 *
 * A stream over a pipe or socket writes to a file as well as one that was made for a file does, and stays what it is.
 */
export function adjustOutput(stream: StandardStream, fd: 1 | 2, kind: StreamKind): void {
  const native = stream._handle?.constructor.name;
  if (kind === 'terminal') {
    if (!stream.isTTY) becomeTerminal(stream, fd);
    measure(stream);
  } else {
    if (kind === 'connection' && (native === undefined || native === 'TTY')) becomeConnection(stream, fd);
    if (stream.isTTY || 'columns' in stream) loseTerminal(stream);
  }
}

function becomeTerminal(stream: StandardStream, fd: number): void {
  letGo(stream);
  endFormer(stream);
  transplant(stream, new tty.WriteStream(fd) as unknown as StandardStream);
  stream.fd = fd;
  stream._type = 'tty';
  if (followed.has(stream)) return;
  followed.add(stream);
  process.on('SIGWINCH', () => (stream as unknown as { _refreshSize(): void })._refreshSize());
}

function becomeConnection(stream: StandardStream, fd: number): void {
  const wasTerminal = stream.isTTY;
  letGo(stream);
  transplant(stream, new net.Socket({ fd, readable: false, writable: true }) as unknown as StandardStream);
  stream.fd = fd;
  if (wasTerminal) becomeFormer(stream);
}

/** What writes to a terminal writes to a file, too. */
function loseTerminal(stream: StandardStream): void {
  if (stream.isTTY) Object.setPrototypeOf(stream, net.Socket.prototype);
  becomeFormer(stream);
}

/** Closes the native half; it never closes descriptors 0 to 2. */
function letGo(stream: StandardStream): void {
  const handle = stream._handle;
  if (!handle) return;
  handle.onread = () => {};
  handle.close();
  stream._handle = null;
}

function measure(stream: StandardStream): void {
  const size: [number, number] = [0, 0];
  if (stream._handle?.getWindowSize?.(size) === 0) [stream.columns, stream.rows] = size;
}
