import type { Connection, HttpSocket } from './connection.js';
import { hidden, isObject } from './hidden.js';

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
    close: () => void socket.destroy(),
  };
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
