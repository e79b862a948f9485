import { processWide } from './process-wide.js';

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

/** Makes bytes that stay out of images. They lie outside of V8's heap, so that no collection leaves a copy behind. */
export function allocateConcealed(size: number): Uint8Array {
  const bytes = new Uint8Array(new ArrayBuffer(size));
  ranges().add(bytes);
  return bytes;
}

/** Zeroes such bytes and forgets them. */
export function releaseConcealed(bytes: Uint8Array): void {
  bytes.fill(0);
  ranges().delete(bytes);
}
