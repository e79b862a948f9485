import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Explanation, Obstacle } from '#dist/control/explanation.js';
import type { OpenDescriptorDetails } from '#dist/error-details.js';
import { compiled, crac } from '../support/paths.js';
import { scratch } from '../support/scratch.js';
import { type Ended, type Running, runToEnd, start } from '../support/start.js';

/** A process with the preload, and the command for it. */
export interface Explained {
  readonly running: Running;
  readonly folder: string;
  /** Calls a verb of the command for this process. */
  call(verb: string, ...args: readonly string[]): Promise<Ended>;
  /** What `crac explain --json` prints. */
  explain(): Promise<Explanation & { readonly pid: number; readonly ready: boolean }>;
}

/** Starts a program through `crac run` and waits until it says that it is ready. */
export async function startExplained(
  t: TestContext,
  program: string,
  args: readonly string[] = [],
  options: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): Promise<Explained> {
  const folder = scratch(t);
  const env = {
    PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
    CRAC_RUNTIME_DIR: join(folder, 'sockets'),
    ...environment,
  };
  const running = start(t, [crac, 'run', ...options, `${compiled}${program}.js`, ...args, folder], { env });
  await running.waitFor(/ready/);
  const call: Explained['call'] = (verb, ...rest) =>
    runToEnd(t, [crac, verb, String(running.pid), ...rest], { env, cwd: folder });
  return {
    running,
    folder,
    call,
    explain: async () => JSON.parse((await call('explain', '--json')).stdout),
  };
}

/** A server that accepts connections and greets them; the port. */
export async function startServer(
  t: TestContext,
  greet: (socket: Socket) => void = () => {},
): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {}).unref();
    greet(socket);
  });
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** What is known of an obstacle. */
export function detailsOf({ error }: Obstacle): Partial<OpenDescriptorDetails> {
  return error.details as Partial<OpenDescriptorDetails>;
}
