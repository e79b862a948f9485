import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const LIMIT_MILLISECONDS = 60_000;

/** Waits until somebody listens on an IPv4 port of this machine, without a connection that the server would see. */
export async function waitForPort(port: number): Promise<void> {
  const listening = new RegExp(`:${port.toString(16).toUpperCase().padStart(4, '0')} [0-9A-F:]+ 0A`);
  for (const limit = Date.now() + LIMIT_MILLISECONDS; ; await sleep(2)) {
    if (listening.test(readFileSync('/proc/net/tcp', 'utf8'))) return;
    if (Date.now() > limit) throw new Error(`Nobody listens on port ${port}.`);
  }
}
