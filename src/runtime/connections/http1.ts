import type { Connection, HttpMessage, HttpSocket } from './connection.js';
import { hasMethod, hidden } from './hidden.js';

/** Recognises an accepted connection of `node:http` or `node:https` on which HTTP/1 is spoken. */
export function findServerConnection(socket: HttpSocket): Connection | undefined {
  const { parser, server, _httpMessage: response } = socket;
  if (!parser || !server || !isHttpServer(server)) return undefined;
  return {
    by: 'node:http',
    role: 'server',
    requests: describeRequests(socket, server),
    close: () => void socket.destroy(),
    announceEnd() {
      if (response && response.headersSent === false) response.shouldKeepAlive = false;
    },
  };
}

/** Whether a server speaks HTTP/1. */
export function isHttpServer(server: object): boolean {
  return connectionsOf(server) !== undefined;
}

/** The sockets of a server that speaks HTTP/1; with TLS those that decrypt. */
export function socketsOf(server: object): readonly HttpSocket[] {
  const parsers = connectionsOf(server)?.all() ?? [];
  return parsers.flatMap(({ socket }) => socket ?? []);
}

/** Recognises a connection of `http.request()` or `https.request()`, at work or kept by an agent. */
export function findClientConnection(socket: HttpSocket): Connection | undefined {
  const { _httpMessage: request } = socket;
  const isAtWork = hasMethod(request, 'onSocket');
  if (!isAtWork && socket.listenerCount('agentRemove') === 0) return undefined;
  return {
    by: 'node:http',
    role: 'client',
    requests: isAtWork ? [describeOutgoing(request)] : [],
    close: () => void socket.destroy(),
  };
}

function describeRequests(socket: HttpSocket, server: object): readonly string[] {
  const { parser, _httpMessage: response, bytesRead } = socket;
  if (response) return [describeIncoming(response.req ?? {})];
  if (parser?.incoming && parser.incoming.complete === false) return [describeIncoming(parser.incoming)];
  const waitsForNext =
    connectionsOf(server)
      ?.idle()
      .some((idle) => idle.socket === socket) ?? true;
  if (!waitsForNext && bytesRead > 0) return ['a request whose head is incomplete'];
  return socket.writableLength > 0 ? ['a response that the client does not read'] : [];
}

function describeIncoming({ method, url }: HttpMessage): string {
  return `${method} ${url}`;
}

function describeOutgoing({ method, protocol = 'http:', host, path }: HttpMessage): string {
  return `${method} ${protocol}//${host}${path}`;
}

interface ConnectionsList {
  all(): readonly { readonly socket?: HttpSocket | null }[];
  /** Those that have received a whole request and nothing since. */
  idle(): readonly { readonly socket?: HttpSocket | null }[];
}

function connectionsOf(server: object): ConnectionsList | undefined {
  const list = hidden(server, 'http.server.connections');
  return hasMethod(list, 'all') && hasMethod(list, 'idle') ? (list as unknown as ConnectionsList) : undefined;
}
