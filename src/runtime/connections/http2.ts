import type { Connection, HttpSocket } from './connection.js';
import { hasMethod, hidden, isObject } from './hidden.js';

/** What a session of `node:http2` and its streams have in common in all versions. */
interface Session {
  readonly closed: boolean;
  readonly destroyed: boolean;
  close(): void;
  destroy(): void;
  listenerCount(event: string): number;
}

/** Type of a session, as nghttp2 counts them. */
const SERVER = 0;

const ADVICE =
  'it is a session of http2.connect() that nobody hears closing, so nobody would open it again: close it in beforeCheckpoint and connect again in afterRestore, or connect again at its "close" event, with which it is closed for a checkpoint';

/** Recognises a connection that belongs to a session of `node:http2`, of either side. */
export function findHttp2Connection(socket: HttpSocket): Connection | undefined {
  const session = sessionOf(socket);
  if (session === undefined) return undefined;
  const role = hidden(session, 'type') === SERVER ? 'server' : 'client';
  const requests = streamsOf(session).map(describeStream);
  return {
    by: 'node:http2',
    role,
    requests,
    ...(role === 'client' && isForgotten(session) && { advice: ADVICE }),
    /** The other side is told by a frame, and then the session ends by itself. */
    close: () => session.close(),
    announceEnd() {
      if (role === 'server' && !session.closed) session.close();
    },
  };
}

/** The sockets of the sessions of a server, where it keeps a list (since Node.js 24). */
export function sessionSocketsOf(server: object): readonly HttpSocket[] {
  const sessions = hidden(server, 'sessions');
  const sockets: HttpSocket[] = [];
  if (!hasMethod(sessions, 'forEach')) return sockets;
  sessions.forEach((session: unknown) => {
    const socket = isObject(session) ? hidden(session, 'socket') : undefined;
    if (isObject(socket)) sockets.push(socket as HttpSocket);
  });
  return sockets;
}

/** Whether a server speaks HTTP/2: only such ones have these options. */
export function isHttp2Server(server: object): boolean {
  const options = hidden(server, 'options');
  return isObject(options) && 'unknownProtocolTimeout' in options;
}

/** Node itself does not listen to these events: whoever does is prepared for a server that goes away. */
function isForgotten(session: Session): boolean {
  return !session.closed && session.listenerCount('close') + session.listenerCount('goaway') === 0;
}

/** Node.js 20 keeps it under the name "undefined", because it forgets to export the symbol. */
function sessionOf(socket: HttpSocket): Session | undefined {
  const session = hidden(socket, 'kBoundSession') ?? (socket as { readonly undefined?: unknown }).undefined;
  return hasMethod(session, 'close') && hasMethod(session, 'goaway')
    ? (session as unknown as Session)
    : undefined;
}

function streamsOf(session: Session): readonly object[] {
  const state = hidden(session, 'state') as
    | { readonly streams?: ReadonlyMap<number, object>; readonly pendingStreams?: ReadonlySet<object> }
    | undefined;
  return [...(state?.streams?.values() ?? []), ...(state?.pendingStreams ?? [])];
}

/** A client's stream knows its headers; of a server's only the request object of the compatible interface does. */
function describeStream(stream: object): string {
  const { sentHeaders, id } = stream as {
    readonly sentHeaders?: Readonly<Record<string, string>>;
    readonly id?: number;
  };
  const request = hidden(stream, 'request') as
    | { readonly method?: string; readonly url?: string }
    | undefined;
  const method = request?.method ?? sentHeaders?.[':method'];
  const path = request?.url ?? sentHeaders?.[':path'];
  return method === undefined || path === undefined ? `stream ${id}` : `${method} ${path}`;
}
