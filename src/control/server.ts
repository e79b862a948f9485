/**
 * The control server inside of a process: listens on a private socket, answers `status` and carries out `checkpoint`.
 * It never keeps the process alive, and it never makes the program fail: a process that cannot listen just cannot be reached.
 *
 * It is a resource of the runtime itself. Before a checkpoint it stops listening and drops every connection but the one
 * that asked for the checkpoint, which stays open up to the image and is `/dev/null` in the restored process. After that it
 * listens again under the pid of the moment.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { describeError } from '../errors.js';
import { descriptorOf, endWithReply, sendReply } from './connection.js';
import { createLineReader } from './line-reader.js';
import { listenAlone } from './listen-alone.js';
import type { ProcessStatus } from './process-status.js';
import {
  type CheckpointRequest,
  type ImageReference,
  MAX_MESSAGE_LENGTH,
  parseRequest,
  type Request,
} from './protocol.js';
import { ensureRuntimeDirectory, runtimeDirectory, socketPath } from './runtime-directory.js';

/** How a requested checkpoint ties in with the connection that asked for it. */
export interface CheckpointAttachment {
  /** Descriptors that stay open up to the image and do not travel; asked anew at each step. */
  placeholders(): readonly number[];
  /** Called when only the engine's step is left; the process may be gone when the promise has settled. */
  onWriting(image: ImageReference): Promise<void>;
}

/** What the server needs of the process that it serves. */
export interface ControlTarget {
  status(): ProcessStatus;
  /** Resolves when the process goes on running after its image is on disk, and in a restored process. */
  checkpoint(request: CheckpointRequest, attachment: CheckpointAttachment): Promise<void>;
}

/** A control server; all its methods may be called in any state. */
export interface ControlServer {
  /** Starts to listen under the current pid; rejects when the private directory or the socket can't be had. */
  listen(): Promise<void>;
  /** Stops listening and drops every connection but the one whose checkpoint is under way. */
  suspend(): Promise<void>;
  /** In the restored process: forgets the connection that did not travel. Must run before the event loop turns. */
  abandon(): void;
  /** Stops listening and drops every connection. */
  close(): Promise<void>;
}

/** Makes a control server for `target`, which does not listen yet. */
export function createControlServer(target: ControlTarget): ControlServer {
  const connections = new Set<Socket>();
  let server: Server | undefined;
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
      return endWithReply(socket, {
        reply: 'rejected',
        reason: 'another requested checkpoint of this process is under way',
      });
    }
    requester = socket;
    socket.ref();
    try {
      await runCheckpoint(socket, request);
    } finally {
      requester = undefined;
      socket.unref();
    }
  }

  async function runCheckpoint(socket: Socket, request: CheckpointRequest): Promise<void> {
    let image: ImageReference | undefined;
    try {
      await target.checkpoint(request, {
        placeholders() {
          const fd = descriptorOf(socket);
          return fd === undefined ? [] : [fd];
        },
        onWriting(reference) {
          image = reference;
          return sendReply(socket, { reply: 'writing', image: reference });
        },
      });
      if (image !== undefined) await endWithReply(socket, { reply: 'done', image });
    } catch (error) {
      await endWithReply(socket, { reply: 'failed', error: describeError(error) });
    }
  }

  async function drop(kept: Socket | undefined): Promise<void> {
    server?.close();
    server = undefined;
    for (const socket of connections) if (socket !== kept) socket.destroy();
    await new Promise((resolve) => setImmediate(resolve));
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
    suspend: () => drop(requester),
    abandon() {
      for (const socket of connections) socket.destroy();
    },
    close: () => drop(undefined),
  };
}

function readRequest(socket: Socket, answer: (request: Request) => Promise<void>): void {
  const reader = createLineReader(MAX_MESSAGE_LENGTH);
  function onData(chunk: Buffer): void {
    const lines = reader.push(chunk);
    const line = lines?.[0];
    if (lines !== undefined && line === undefined) return;
    socket.off('data', onData);
    socket.resume();
    const parsed = line === undefined ? tooLong : parseRequest(line);
    const done = parsed.ok
      ? answer(parsed.message)
      : endWithReply(socket, { reply: 'rejected', reason: `cannot read the request: ${parsed.problem}` });
    done.catch(() => socket.destroy());
  }
  socket.on('data', onData);
}

const tooLong = { ok: false, problem: `it is longer than ${MAX_MESSAGE_LENGTH} characters` } as const;
