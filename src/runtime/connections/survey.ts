import type { Server } from 'node:http';
import type { Connection, HttpSocket } from './connection.js';
import { hasMethod, isObject } from './hidden.js';
import { findClientConnection, findServerConnection, isHttpServer, socketsOf } from './http1.js';
import { findHttp2Connection, isHttp2Server, sessionSocketsOf } from './http2.js';
import { findTlsSockets } from './tls-sockets.js';
import { findUndiciConnection } from './undici.js';

/** A socket and what is known of it. */
export interface Found {
  readonly socket: HttpSocket;
  readonly fd: number;
  /** `undefined` when it is none of an HTTP server or client: it belongs to the program. */
  readonly connection: Connection | undefined;
}

/** Everything that is connected, and everything that listens. */
export interface Survey {
  readonly sockets: readonly Found[];
  /** Servers that speak HTTP/1, also closed ones that have connections still. */
  readonly servers: readonly Server[];
  /** Descriptors of all that listens. */
  readonly listeners: readonly number[];
  /** Whether a request in progress waits for one of these servers. */
  readonly callsItself: boolean;
}

/** Looks at all handles of the event loop. `search` is asked for sockets of `node:tls` when the handles do not lead to all of them. */
export function survey(
  handles: readonly object[],
  search: () => readonly HttpSocket[] = findTlsSockets,
): Survey {
  const sockets = handles.filter(isSocket);
  const servers = new Set([...handles.filter(isServer), ...sockets.flatMap(({ server }) => server ?? [])]);
  const decrypting = findDecrypting([...servers], sockets, search);
  const found = sockets.map((socket) => find(decrypting.get(socket) ?? socket));
  const ports = new Set(handles.filter(isServer).map(portOf));
  return {
    sockets: found,
    servers: [...servers].filter(isHttpServer) as readonly Server[],
    listeners: handles.filter(isServer).flatMap(descriptorOf),
    callsItself: found.some((each) => isCall(each) && ports.has(each.socket.remotePort)),
  };
}

function isCall({ socket, connection }: Found): boolean {
  if (connection?.role !== 'client' || connection.requests.length === 0) return false;
  return socket.remoteAddress === socket.localAddress;
}

function find(socket: HttpSocket): Found {
  const connection =
    findServerConnection(socket) ??
    findUndiciConnection(socket) ??
    findHttp2Connection(socket) ??
    findClientConnection(socket) ??
    findUnused(socket);
  return { socket, fd: socket._handle?.fd ?? -1, connection };
}

/** An accepted connection of an HTTP server on which nothing has arrived, not even the beginning of a handshake. */
function findUnused(socket: HttpSocket): Connection | undefined {
  const { server, bytesRead } = socket;
  if (!server || bytesRead > 0 || !(isHttpServer(server) || isHttp2Server(server))) return undefined;
  return { by: 'node:http', role: 'server', requests: [], close: () => void socket.destroy() };
}

/**
 * Where TLS lies on top of a connection Node lists the lower socket only: the upper one of each, as its server knows it. Where none does, the
 * heap is searched.
 */
function findDecrypting(
  servers: readonly object[],
  sockets: readonly HttpSocket[],
  search: () => readonly HttpSocket[],
): ReadonlyMap<unknown, HttpSocket> {
  const known = byLower(servers.flatMap((server) => [...socketsOf(server), ...sessionSocketsOf(server)]));
  const isUnknown = (socket: HttpSocket): boolean => isBelowTls(socket) && !known.has(socket);
  return sockets.some(isUnknown) ? new Map([...known, ...byLower(search())]) : known;
}

function byLower(upper: readonly HttpSocket[]): ReadonlyMap<unknown, HttpSocket> {
  const pairs = upper.map((socket) => [socket._handle?._parentWrap, socket] as const);
  return new Map(pairs.filter(([lower]) => lower));
}

/** Node.js replaces this property of a handle when TLS takes it over. */
function isBelowTls({ encrypted, _handle: handle }: HttpSocket): boolean {
  if (encrypted || !handle) return false;
  return Object.getOwnPropertyDescriptor(handle, 'reading')?.get !== undefined;
}

function isSocket(handle: object): handle is HttpSocket {
  return hasMethod(handle, 'destroy') && 'connecting' in handle && descriptorOf(handle).length > 0;
}

function isServer(handle: object): boolean {
  return hasMethod(handle, 'getConnections') && descriptorOf(handle).length > 0;
}

function portOf(server: object): number | undefined {
  const address: unknown = hasMethod(server, 'address') ? server.address() : undefined;
  return isObject(address) ? (address as { readonly port?: number }).port : undefined;
}

function descriptorOf(handle: object): readonly number[] {
  const { _handle: inner } = handle as { readonly _handle?: unknown };
  const { fd } = (isObject(inner) ? inner : {}) as { readonly fd?: unknown };
  return typeof fd === 'number' && fd >= 0 ? [fd] : [];
}
