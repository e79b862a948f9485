/** Longest interval that a timer takes, in milliseconds. */
const LONGEST_INTERVAL = 2 ** 31 - 1;

/** What keeps the process alive although resources have closed everything that did so. */
export interface KeptAlive {
  /** Says that the end is near: if `letGo()` is called before the event loop turns again, nothing is done until then. */
  expectEnd(): void;
  letGo(): void;
}

/** Keeps the process alive. Clearing a timer takes a tenth of a restore, so that a restored program first gets its turn. */
export function keepAlive(): KeptAlive {
  const timer = setInterval(() => {}, LONGEST_INTERVAL);
  let isExpected = false;
  let hasEnded = false;
  const onTurn = (): void => {
    isExpected = false;
    if (hasEnded) clearInterval(timer);
  };
  return {
    expectEnd() {
      isExpected = true;
      setImmediate(onTurn);
    },
    letGo() {
      hasEnded = true;
      if (!isExpected) clearInterval(timer);
    },
  };
}
