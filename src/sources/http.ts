/**
 * The two steps as paths of HTTP, which whoever takes the snapshot calls before and after: `POST /snapshot/before` and `POST /snapshot/after`. The answer is 200
 * when all went well and 500 with the reasons when not; then no snapshot must be taken, or the copy not be used.
 *
 * The connection that asks, and the server that takes it, stay open while the process is prepared; everything else on that server is drained as for an image.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { checkOptions } from '../core/arguments.js';
import { keepOpen } from '../core/kept-open.js';
import {
  createDriver,
  type Driver,
  listen,
  type SnapshotSource,
  type SourceEvent,
  type SourceOptions,
} from './source.js';

/** How the two steps are called. */
export interface SnapshotHookOptions extends SourceOptions {
  /** Path before the snapshot. @default '/snapshot/before' */
  readonly beforePath?: string;
  /** Path after it. @default '/snapshot/after' */
  readonly afterPath?: string;
}

/** Answers a request for one of the two paths and returns `true`; any other request is left alone. */
export type SnapshotHooks = (request: IncomingMessage, response: ServerResponse) => boolean;

/**
 * Makes the two paths, for a server that the program has already. They have no password of their own: a server that others can reach must keep them
 * from others.
 *
 * @example
 * ```js
 * import { createServer } from 'node:http';
 * import { createSnapshotHooks } from 'node-crac/sources';
 *
 * const hooks = createSnapshotHooks();
 * const server = createServer((request, response) => {
 *   if (!hooks(request, response)) response.end('hello');
 * });
 * ```
 */
export function createSnapshotHooks(options: SnapshotHookOptions = {}): SnapshotHooks {
  checkOptions(options);
  const { beforePath = '/snapshot/before', afterPath = '/snapshot/after' } = options;
  const driver = createDriver('http', options);
  const steps = new Map<string, Step['act']>([
    [beforePath, driver.prepare],
    [afterPath, driver.resume],
  ]);
  const sockets = new Set<Socket>();
  keepOpen(() => [...sockets].flatMap(descriptorsOf));
  return (request, response) => {
    const [path = ''] = (request.url ?? '').split('?', 1);
    const act = steps.get(path);
    if (act === undefined) return false;
    keep(sockets, request.socket);
    void serve({ act, request, response }).catch(driver.fail);
    return true;
  };
}

/** A source with a server of its own. */
export interface SnapshotHookServer extends SnapshotSource {
  /** The port at which it listens. */
  readonly port: number;
}

/** Where the server listens. */
export interface SnapshotHookServerOptions extends SnapshotHookOptions {
  /** @default 0, a free one */
  readonly port?: number;
  /** @default '127.0.0.1' */
  readonly host?: string;
}

/**
 * Listens for the two paths on a port of its own. Resolves when it listens; it never keeps the process alive.
 *
 * @example
 * ```js
 * import { serveSnapshotHooks } from 'node-crac/sources';
 *
 * const source = await serveSnapshotHooks({ port: 0 });
 * console.log(`curl -X POST http://127.0.0.1:${source.port}/snapshot/before`);
 * source.close();
 * ```
 */
export async function serveSnapshotHooks(
  options: SnapshotHookServerOptions = {},
): Promise<SnapshotHookServer> {
  const hooks = createSnapshotHooks(options);
  const { host = '127.0.0.1' } = options;
  let port = options.port ?? 0;
  let server: Server | undefined;
  let listening: Promise<void> = Promise.resolve();
  const driver: Pick<Driver, 'fail'> = createDriver('http', options);
  const source = listen('http', {
    open() {
      const opened = createServer((request, response) => {
        if (!hooks(request, response)) response.writeHead(404).end();
      }).unref();
      opened.on('error', driver.fail);
      server = opened;
      listening = new Promise((resolve, reject) => {
        opened.once('error', reject);
        opened.listen(port, host, () => {
          port = (opened.address() as AddressInfo).port;
          resolve();
        });
      });
      listening.catch(() => {});
    },
    close() {
      server?.close();
      server?.closeAllConnections();
      server = undefined;
    },
    descriptors: () => (server === undefined ? [] : handleOf(server)),
  });
  try {
    await listening;
  } catch (error) {
    source.close();
    throw error;
  }
  return { ...source, port };
}

interface Step {
  readonly act: () => Promise<SourceEvent>;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

async function serve({ act, request, response }: Step): Promise<void> {
  request.resume();
  if (request.method !== 'POST') return void response.writeHead(405, { allow: 'POST' }).end();
  const { kind, error } = await act();
  const body = { state: kind, ...(error !== undefined && { error: error.message }) };
  response.writeHead(error === undefined ? 200 : 500, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}

/** Once a connection has asked for a step, it may be the one that asks for the next. */
function keep(sockets: Set<Socket>, socket: Socket): void {
  if (sockets.has(socket)) return;
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
}

/** Of the connection and of the server that accepted it. */
function descriptorsOf(socket: Socket): readonly number[] {
  const { server } = socket as { readonly server?: unknown };
  return [...handleOf(socket), ...(server === undefined ? [] : handleOf(server))];
}

function handleOf(handled: unknown): readonly number[] {
  const fd = (handled as { readonly _handle?: { readonly fd?: number } | null })._handle?.fd;
  return fd !== undefined && fd >= 0 ? [fd] : [];
}
