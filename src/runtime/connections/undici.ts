import type { Connection, HttpSocket } from './connection.js';
import { hasMethod, hidden, isObject } from './hidden.js';

/**
 * Recognises a connection of undici, the one in Node (`fetch`) as well as any copy that the program has installed. Each belongs to a `Client`,
 * which may be a part of a pool or of an agent; one whose socket has closed while it was idle opens another one for the next request.
 */
export function findUndiciConnection(socket: HttpSocket): Connection | undefined {
  const client = hidden(socket, 'client');
  if (!isObject(client) || typeof hidden(client, 'size') !== 'number') return undefined;
  return {
    by: 'undici',
    role: 'client',
    requests: describeRequests(client),
    close: () => close(socket),
  };
}

/** What a session of `node:http2` is asked for. */
interface Session {
  readonly closed: boolean;
  emit(event: 'goaway', code: number, lastStream: number): boolean;
  close(): void;
}

const NO_ERROR = 0;

/**
 * A session of HTTP/2 ends as if the server had said that it goes away: that is what all versions are prepared for. Of a socket that closes
 * without an announcement undici 5 keeps the dead session, and 6 and 7 read the address of a socket that they have let go of already, which
 * would end the program.
 */
function close(socket: HttpSocket): void {
  const session = hidden(socket, 'http2Session');
  if (!isSession(session)) return void socket.destroy();
  if (session.closed) return;
  session.emit('goaway', NO_ERROR, 0);
  session.close();
}

function isSession(session: unknown): session is Session {
  return hasMethod(session, 'emit') && hasMethod(session, 'close');
}

/** `size` counts requests on their way and those that wait for them. */
function describeRequests(client: object): readonly string[] {
  if (hidden(client, 'size') === 0) return [];
  const origin = hidden(client, 'url') as { readonly origin?: string } | undefined;
  const queue = hidden(client, 'queue');
  const requests = (Array.isArray(queue) ? queue : []).filter(isObject) as readonly {
    readonly method?: string;
    readonly path?: string;
  }[];
  if (requests.length === 0) return [`a request to ${origin?.origin}`];
  return requests.map(({ method, path }) => `${method} ${origin?.origin}${path}`);
}
