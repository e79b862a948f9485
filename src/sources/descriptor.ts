import { closeSync, constants, openSync, readSync } from 'node:fs';
import { loadBinding } from '../binding/load.js';

/** Largest piece that is read at once; an event of the kernel is at most 2 KiB. */
const PIECE = 8192;

/** A descriptor that a source reads. */
export interface Readable {
  readonly fd: number;
  close(): void;
}

/** Opens a device without waiting for it. Throws what the kernel says. */
export function openDevice(path: string, flags: number = constants.O_RDONLY): number {
  return openSync(path, flags | constants.O_NONBLOCK);
}

/** Whom a source tells what it hears. */
export interface Listener {
  /** There is a new generation. */
  hear(): void;
  /** Nothing will be heard any more, for this reason. */
  lose(error: unknown): void;
}

/** Makes `look` a function that never throws: what it throws closes what is listened to, which is lost. */
export function losing(look: () => void, close: () => void, { lose }: Pick<Listener, 'lose'>): () => void {
  return () => {
    try {
      look();
    } catch (error) {
      close();
      lose(error);
    }
  };
}

/**
 * Calls `look` whenever the descriptor can be read, or every `interval` milliseconds where the kernel does not tell. It owns the descriptor, and
 * closes it when `look` throws.
 */
export function watchDescriptor(
  fd: number,
  interval: number,
  look: () => void,
  listener: Pick<Listener, 'lose'>,
): Readable {
  let isOpen = true;
  const close = (): void => {
    if (!isOpen) return;
    isOpen = false;
    clearInterval(timer);
    if (isTold) loadBinding().unwatchReadable(fd);
    closeSync(fd);
  };
  const attempt = losing(look, close, listener);
  const isTold = loadBinding().watchReadable(fd, attempt);
  const timer = isTold ? undefined : setInterval(attempt, interval).unref();
  return { fd, close };
}

/** Everything that can be read now, one piece for each `read(2)`; what the kernel has lost in between is skipped. */
export function* readPieces(fd: number): Generator<Buffer, void, undefined> {
  for (;;) {
    const buffer = Buffer.allocUnsafe(PIECE);
    const size = readSome(fd, buffer);
    if (size === 0) return;
    if (size > 0) yield buffer.subarray(0, size);
  }
}

/** -1 when something was lost: the kernel's queue had run over, and goes on with what is left. */
function readSome(fd: number, buffer: Buffer): number {
  try {
    return readSync(fd, buffer);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EAGAIN') return 0;
    if (code === 'ENOBUFS' || code === 'EPIPE' || code === 'EINTR') return -1;
    throw error;
  }
}
