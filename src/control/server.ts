/**
 * The control server inside of a process: listens on a private socket, answers `status` and carries out `checkpoint`.
 * It never keeps the process alive, and it never makes the program fail: a process that cannot listen just cannot be reached.
 *
 * It is a resource of the runtime itself. Before a checkpoint it stops listening and drops every connection but the one
 * that asked for the checkpoint, which stays open up to the image and is `/dev/null` in the restored process. After that it
 * listens again under the pid of the moment.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { createServer, type Server, type Socket } from 'node:net';
import { endWithReply, sendReply } from './connection.js';
import type { ControlTarget } from './control-target.js';
import { listenAlone } from './listen-alone.js';
import type { Reply, Request } from './protocol.js';
import { readRequest } from './read-request.js';
import { ensureRuntimeDirectory, runtimeDirectory, socketPath } from './runtime-directory.js';
import { serveCheckpoint } from './serve-checkpoint.js';

/** A control server; all its methods may be called in any state. */
export interface ControlServer {
  /** Starts to listen under the current pid; rejects when the private directory or the socket can't be had. */
  listen(): Promise<void>;
  /** Stops listening and drops every connection but the one that asked for the checkpoint in whose course this is called. */
  suspend(): void;
  /** In the restored process: forgets the connection that did not travel. Must run before the event loop turns. */
  abandon(): void;
  /** Stops listening and drops every connection. */
  close(): void;
}

const OVERTAKEN: Reply = { reply: 'rejected', reason: 'another checkpoint of the process is under way' };

/** Makes a control server for `target`, which does not listen yet. */
export function createControlServer(target: ControlTarget): ControlServer {
  const connections = new Set<Socket>();
  let server: Server | undefined;
  const origin = new AsyncLocalStorage<Socket>();
  let requester: Socket | undefined;

  function accept(socket: Socket): void {
    connections.add(socket);
    socket.unref();
    socket.on('error', () => socket.destroy());
    socket.once('close', () => connections.delete(socket));
    readRequest(socket, (request) => answer(socket, request));
  }

  async function answer(socket: Socket, request: Request): Promise<void> {
    if (request.request === 'status')
      return endWithReply(socket, { reply: 'status', status: target.status() });
    if (requester !== undefined) {
      return endWithReply(socket, OVERTAKEN);
    }
    requester = socket;
    socket.ref();
    try {
      await origin.run(socket, () => serveCheckpoint(socket, request, target));
    } finally {
      requester = undefined;
      origin.disable();
      socket.unref();
    }
  }

  function drop(kept?: Socket): void {
    server?.close();
    server = undefined;
    for (const socket of connections) if (socket !== kept) socket.destroy();
  }

  return {
    async listen() {
      if (server !== undefined) return;
      const directory = runtimeDirectory();
      ensureRuntimeDirectory(directory);
      const created = createServer(accept).unref();
      created.on('error', () => {});
      server = created;
      try {
        await listenAlone(created, socketPath(directory, process.pid));
      } catch (error) {
        server = undefined;
        throw error;
      }
    },
    suspend() {
      const kept = origin.getStore();
      if (requester !== undefined && requester !== kept) void sendReply(requester, OVERTAKEN);
      drop(kept);
    },
    abandon() {
      for (const socket of connections) socket.destroy();
    },
    close: () => drop(),
  };
}
