import { processWide, sharedValue } from './process-wide.js';

/** Memory whose content stays out of every image of this process. */
function ranges(): Set<Uint8Array> {
  return processWide('concealed', () => new Set());
}

/** Everything that the engine leaves out. */
export function concealedMemory(): readonly Uint8Array[] {
  return [...ranges()];
}

/** What was wiped while the process goes on. */
function wiped(): WeakSet<Uint8Array> {
  return processWide('wiped', () => new WeakSet());
}

/** Zeroes everything that stays out of images, for good: somebody who takes all memory takes no notice of what should stay out. */
export function wipeConcealed(): void {
  for (const bytes of ranges()) {
    bytes.fill(0);
    wiped().add(bytes);
  }
}

/** Whether these bytes were wiped by {@link wipeConcealed}. */
export function isWiped(bytes: Uint8Array): boolean {
  return wiped().has(bytes);
}

/**
 * Makes bytes that stay out of images. They lie outside of V8's heap, so that no collection leaves a copy behind. The first of a worker thread have
 * checkpoints wait for that thread, whichever context tells of them.
 */
export function allocateConcealed(size: number): Uint8Array {
  if (ranges().size === 0) sharedValue<() => void>('joined')?.();
  const bytes = new Uint8Array(new ArrayBuffer(size));
  ranges().add(bytes);
  return bytes;
}

/** Zeroes such bytes and forgets them. */
export function releaseConcealed(bytes: Uint8Array): void {
  bytes.fill(0);
  ranges().delete(bytes);
}

/** What a thread has set aside: its bytes as they were, and memory that all threads see. */
export interface SetAside {
  readonly bytes: readonly Uint8Array[];
  /** {@link KEPT}, and all of them one after the other; zeroes once they were wiped or left out of an image. */
  readonly shared: Uint8Array;
}

/** First byte of memory that has not been wiped. */
const KEPT = 1;

/**
 * Moves what this thread conceals to memory that it can give to the main thread, which alone wipes it and names it to engines. `undefined` where
 * there is nothing.
 */
export function setAsideConcealed(): SetAside | undefined {
  const bytes = [...ranges()];
  if (bytes.length === 0) return undefined;
  const size = bytes.reduce((sum, { length }) => sum + length, 1);
  const shared = new Uint8Array(new SharedArrayBuffer(size));
  shared[0] = KEPT;
  let at = 1;
  for (const range of bytes) {
    shared.set(range, at);
    range.fill(0);
    at += range.length;
  }
  return { bytes, shared };
}

/** Moves it back, but for what was released meanwhile; what was wiped counts as wiped here, too. */
export function takeBackConcealed({ bytes, shared }: SetAside): void {
  const isKept = shared[0] === KEPT;
  let at = 1;
  for (const range of bytes) {
    if (!isKept) wiped().add(range);
    else if (ranges().has(range)) range.set(shared.subarray(at, at + range.length));
    at += range.length;
  }
  shared.fill(0);
}

/** Conceals what another thread has set aside. */
export function conceal(shared: Uint8Array): void {
  ranges().add(shared);
}

/** Conceals it no longer, and leaves it as it is: the other thread may not have taken it back yet. */
export function uncover(shared: Uint8Array): void {
  ranges().delete(shared);
}
