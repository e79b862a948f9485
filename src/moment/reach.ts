import { performance } from 'node:perf_hooks';
import { type Address, toUrl, waitForListening } from './listening-server.js';
import type { Moment } from './moment.js';
import { watchRequests } from './requests.js';
import { runCommand } from './run-command.js';
import { sleepAside } from './sleep-aside.js';

/** Milliseconds between two requests for readiness, and between two looks at a busy event loop. */
const INTERVAL = 25;

/** Milliseconds that a request for readiness may take: the first one, and at most. */
const [SHORTEST, LONGEST] = [1000, 30_000];

/** Share of the time that the event loop of an idle program may be busy. */
const IDLE_UTILIZATION = 0.1;

/** Waits for a moment of this process; it keeps nothing alive, but for commands that run. */
export async function reach(moment: Moment): Promise<void> {
  switch (moment.kind) {
    case 'listening':
      await waitForListening();
      return;
    case 'after':
      return sleepAside(moment.time);
    case 'signal':
      return waitForSignal(moment.signal);
    case 'requests':
      return waitForRequests(moment.count);
    case 'idle':
      return waitForIdleness(moment.time);
    case 'http':
      return waitForSuccess(moment.path);
    case 'exit-of':
      return runCommand(moment.command, process.env);
  }
}

/** Runs a command that warms the program up, once the program listens; it finds the address in `CRAC_URL`, and `CRAC_PORT` or `CRAC_SOCKET`. */
export async function warmUp(command: string): Promise<void> {
  const address = await waitForListening();
  await runCommand(command, {
    ...process.env,
    CRAC_URL: toUrl(address),
    ...('socket' in address ? { CRAC_SOCKET: address.socket } : { CRAC_PORT: String(address.port) }),
  });
}

function waitForSignal(signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => {
    process.once(signal, () => resolve());
  });
}

async function waitForRequests(count: number): Promise<void> {
  const requests = watchRequests();
  while (requests.finished < count) await requests.next();
  requests.stop();
}

/** Idle: requests have been answered, none is in progress, and for that time neither came another nor had the event loop much to do. */
async function waitForIdleness(time: number): Promise<void> {
  const requests = watchRequests();
  await requests.next();
  for (;;) {
    const seen = requests.finished;
    const before = performance.eventLoopUtilization();
    await sleepAside(time);
    const { utilization } = performance.eventLoopUtilization(before);
    const quiet = requests.inProgress === 0 && requests.finished === seen;
    if (quiet && utilization <= IDLE_UTILIZATION) break;
  }
  requests.stop();
}

/** Asks the program itself until it is ready. One that does not answer is asked anew, and given more time. */
async function waitForSuccess(path: string): Promise<void> {
  const address = await waitForListening();
  for (let timeout = SHORTEST; (await ask(address, path, timeout)) !== 200; ) {
    timeout = Math.min(2 * timeout, LONGEST);
    await sleepAside(INTERVAL);
  }
}

/** The status of one whole answer; `undefined` without one. The connection is closed, nothing of it is kept. */
async function ask(address: Address, path: string, timeout: number): Promise<number | undefined> {
  const { request } = await (address.secure ? import('node:https') : import('node:http'));
  return new Promise((resolve) => {
    const asked = request(`${toUrl(address)}${path}`, {
      ...('socket' in address && { socketPath: address.socket }),
      agent: false,
      rejectUnauthorized: false,
      signal: AbortSignal.timeout(timeout),
    });
    asked.on('response', (response) => {
      response.resume().on('error', () => {});
      response.on('close', () => resolve(response.complete ? response.statusCode : undefined));
    });
    asked.on('error', () => resolve(undefined));
    asked.end();
  });
}
