/** Longest interval that a timer takes, in milliseconds. */
const LONGEST_INTERVAL = 2 ** 31 - 1;

/** Keeps the process alive although resources have closed everything that did so; returns how to let go. */
export function keepAlive(): () => void {
  const timer = setInterval(() => {}, LONGEST_INTERVAL);
  return () => clearInterval(timer);
}
