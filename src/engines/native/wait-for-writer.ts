import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds between two looks at the process that writes an image: the first, and the longest. */
const FIRST_PAUSE = 1;
const LONGEST_PAUSE = 20;

/** Waits until `state` says that the image is on disk; what `state` throws is why it is not. */
export async function waitForWriter(state: () => undefined | null): Promise<void> {
  for (let pause = FIRST_PAUSE; state() !== null; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    await sleep(pause);
  }
}
