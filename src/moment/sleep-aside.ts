/** Waits without keeping the process alive: a program that has nothing else to do ends. */
export function sleepAside(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });
}
