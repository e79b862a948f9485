import { processWide } from '../core/process-wide.js';

/** Waits until every earlier caller has ended its turn; returns how to end one's own. */
export async function takeTurn(): Promise<() => void> {
  const queue = processWide('turns', () => ({ last: Promise.resolve() }));
  const earlier = queue.last;
  let end = (): void => {};
  queue.last = new Promise((resolve) => {
    end = resolve;
  });
  await earlier;
  return end;
}
