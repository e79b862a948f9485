/**
 * TLS of this thread after a restore: what a connection is about to use is renewed at that moment if it came from the image.
 *
 * Nobody keeps a list of servers and agents, and searching the heap for them takes seconds; so the methods that every connection passes are
 * wrapped, at the first checkpoint and only when the program uses TLS. A process that is never checkpointed has Node's own methods.
 */
import { processWide } from '../core/process-wide.js';
import { usedBuiltin } from './builtins.js';

/** TLS of this thread, as far as an image would show in it. */
export interface TlsRenewal {
  /** Begins to see what connections use, unless the program does not use TLS. Done when a checkpoint begins. */
  watch(): void;
  /** From now on whatever exists at this moment is renewed when it is next used. */
  renewAll(): void;
  /** One sentence if a method of Node cannot be wrapped. */
  problem(): string | undefined;
}

interface SecureContext {
  readonly context?: { setTicketKeys?(keys: Uint8Array): void };
}

interface TlsServer {
  /** The option of this name. */
  readonly ticketKeys?: unknown;
  readonly _sharedCreds?: SecureContext;
}

interface TlsSocket {
  readonly _tlsOptions?: {
    readonly isServer?: boolean;
    readonly server?: TlsServer;
    readonly secureContext?: SecureContext;
  };
}

interface SessionAgent {
  _sessionCache?: { map: object; list: readonly string[] };
}

type Method<This> = (this: This, ...values: unknown[]) => unknown;

interface TlsModule {
  readonly TLSSocket: { readonly prototype: { _wrapHandle?: Method<TlsSocket> } };
  readonly Server: {
    readonly prototype: { getTicketKeys?: Method<TlsServer>; setTicketKeys?: Method<TlsServer> };
  };
}

interface HttpsModule {
  readonly Agent: { readonly prototype: { _getSession?: Method<SessionAgent> } };
}

/** How often the process was restored, after which restore each object was last renewed, and the prototypes that are watched. */
interface State {
  restores: number;
  readonly renewed: WeakMap<object, number>;
  readonly watched: Set<object>;
}

/** Bytes of the name, the HMAC key and the AES key of session tickets together. */
const TICKET_KEYS_SIZE = 48;

/** Makes the handle of this thread's TLS. */
export function createTlsRenewal(): TlsRenewal {
  const state = processWide('tls', createState);
  const watch = (): void => {
    watchServers(state);
    watchAgents(state);
  };
  return createHandle(state, watch, problem);
}

/** Makes a handle that sees no connection, for rehearsals. */
export function createTlsRehearsal(): TlsRenewal {
  const state = createState();
  return createHandle(
    state,
    () => rehearse(state),
    () => undefined,
  );
}

/** Both count restores by the same function, so that the rehearsal has V8 compile it: that takes longer than all of it. */
function createHandle(state: State, watch: () => void, problem: () => string | undefined): TlsRenewal {
  const renewAll = (): void => {
    state.restores += 1;
  };
  return { watch, renewAll, problem };
}

function createState(): State {
  return { restores: 0, renewed: new WeakMap(), watched: new Set() };
}

/** Whether something comes from the image and was not renewed yet; asked once for each restore. */
function isDue({ restores, renewed }: State, subject: object): boolean {
  if ((renewed.get(subject) ?? 0) === restores) return false;
  renewed.set(subject, restores);
  return true;
}

/** Keys are renewed before the first connection, and before the program sees them. Those that it sets after a restore stay. */
function watchServers(state: State): void {
  const { TLSSocket, Server } = usedBuiltin<TlsModule>('tls') ?? {};
  if (TLSSocket === undefined || Server === undefined || state.watched.has(Server)) return;
  state.watched.add(Server);
  const socket = TLSSocket.prototype;
  const server = Server.prototype;
  if (socket._wrapHandle) socket._wrapHandle = preceded(socket._wrapHandle, renewOfSocket, state);
  if (server.getTicketKeys) server.getTicketKeys = preceded(server.getTicketKeys, renewOfServer, state);
  if (server.setTicketKeys) server.setTicketKeys = preceded(server.setTicketKeys, keepOfServer, state);
}

function watchAgents(state: State): void {
  const { Agent } = usedBuiltin<HttpsModule>('https') ?? {};
  if (Agent === undefined || state.watched.has(Agent)) return;
  state.watched.add(Agent);
  const agent = Agent.prototype;
  if (agent._getSession) agent._getSession = preceded(agent._getSession, emptyAgent, state);
}

/** The method, which first does something of ours with its object. */
function preceded<This>(
  method: Method<This>,
  first: (state: State, self: This) => void,
  state: State,
): Method<This> {
  return function (this: This, ...values) {
    first(state, this);
    return method.apply(this, values);
  };
}

function renewOfSocket(state: State, { _tlsOptions: options }: TlsSocket): void {
  if (options?.isServer) renewKeys(state, options.secureContext, options.server);
}

function renewOfServer(state: State, server: TlsServer): void {
  renewKeys(state, server._sharedCreds, server);
}

function keepOfServer({ restores, renewed }: State, { _sharedCreds: context }: TlsServer): void {
  if (context !== undefined) renewed.set(context, restores);
}

/** Gives a secure context new ticket keys, unless the program chose them by the option `ticketKeys`: those are shared on purpose. */
function renewKeys(state: State, context: SecureContext | undefined, server?: TlsServer): void {
  if (context === undefined || !isDue(state, context)) return;
  if (server?.ticketKeys) return;
  const { randomBytes } = process.getBuiltinModule('node:crypto');
  context.context?.setTicketKeys?.(randomBytes(TICKET_KEYS_SIZE));
}

/** Sessions are found by key in the map; the list has the keys in the order of their age. */
function emptyAgent(state: State, agent: SessionAgent): void {
  if (!isDue(state, agent)) return;
  if (agent._sessionCache) agent._sessionCache = { map: {}, list: [] };
}

/** Takes the way of the first connection, so that V8 has compiled it. */
function rehearse(state: State): void {
  if (usedBuiltin('tls') === undefined) return;
  const context = { context: { setTicketKeys() {} } };
  const self = { _tlsOptions: { isServer: true, secureContext: context }, _sharedCreds: context };
  for (const first of [renewOfSocket, renewOfServer, keepOfServer, emptyAgent]) {
    preceded<TlsSocket & TlsServer & SessionAgent>(() => {}, first, state).call(self);
  }
}

function problem(): string | undefined {
  const tls = usedBuiltin<TlsModule>('tls');
  const https = usedBuiltin<HttpsModule>('https');
  if (tls && !(tls.TLSSocket?.prototype._wrapHandle && tls.Server?.prototype.setTicketKeys))
    return 'tls.TLSSocket.prototype._wrapHandle or tls.Server.prototype.setTicketKeys is missing in this Node.js, so all copies use the ticket keys of the image; call server.setTicketKeys(crypto.randomBytes(48)) in afterRestore.';
  if (https && !https.Agent?.prototype._getSession)
    return 'https.Agent.prototype._getSession is missing in this Node.js, so all copies resume the TLS sessions of the image; make new agents in afterRestore.';
  return undefined;
}
