/**
 * The preload: `node --import node-crac/register app.js` makes a program reachable for `crac checkpoint`.
 *
 * It opens one socket that does not keep the process alive and changes nothing else. In worker threads it does nothing. The socket is opened
 * when the event loop has begun to turn; everything behind it is loaded when somebody connects.
 */

/** Milliseconds after which the socket is opened; a program that has ended by then never pays for it. */
const DELAY = 10;

setTimeout(() => start().catch(() => {}), DELAY).unref();

async function start(): Promise<void> {
  const { isMainThread } = await import('node:worker_threads');
  if (!isMainThread) return;
  const { startControl } = await import('./start-control.js');
  startControl();
}
