import { processWide } from './process-wide.js';

/** Memory whose content stays out of every image of this process. */
function ranges(): Set<Uint8Array> {
  return processWide('concealed', () => new Set());
}

/** Everything that the engine leaves out. */
export function concealedMemory(): readonly Uint8Array[] {
  return [...ranges()];
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
