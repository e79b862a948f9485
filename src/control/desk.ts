/**
 * Where requests are read and answered, one checkpoint at a time. It is apart from the server, which every program with the preload loads:
 * this and all behind it is loaded when somebody connects.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Socket } from 'node:net';
import { describeError } from '../errors.js';
import { descriptorOf, endWithReply, sendReply } from './connection.js';
import type { ControlTarget } from './control-target.js';
import type { Reply, Request } from './protocol.js';
import { readRequest } from './read-request.js';
import { serveCheckpoint } from './serve-checkpoint.js';
import { servePrepare, serveResume } from './serve-two-step.js';

/** Serves the connections of one control server. */
export interface Desk {
  /** Waits for the request of a new connection and answers it. */
  serve(socket: Socket): void;
  /** Turns away a checkpoint that another one has overtaken; returns the connection that asked for the one in whose course this is called. */
  turnAway(): Socket | undefined;
}

const OVERTAKEN: Reply = { reply: 'rejected', reason: 'another checkpoint of the process is under way' };

/** Makes the desk at which `target` is served. */
export function createDesk(target: ControlTarget): Desk {
  const origin = new AsyncLocalStorage<Socket>();
  rehearse();
  let requester: Socket | undefined;

  async function answer(socket: Socket, request: Request): Promise<void> {
    if (request.request === 'status')
      return endWithReply(socket, { reply: 'status', status: target.status() });
    if (request.request === 'explain') return endWithReply(socket, explain(socket));
    if (request.request === 'resume') return serveResume(socket, request, target);
    if (requester !== undefined) {
      return endWithReply(socket, OVERTAKEN);
    }
    requester = socket;
    socket.ref();
    try {
      await origin.run(socket, () =>
        request.request === 'prepare'
          ? servePrepare(socket, request, target)
          : serveCheckpoint(socket, request, target),
      );
    } finally {
      requester = undefined;
      origin.disable();
      socket.unref();
    }
  }

  function explain(socket: Socket): Reply {
    try {
      return { reply: 'explanation', explanation: target.explain([descriptorOf(socket) ?? -1]) };
    } catch (error) {
      return { reply: 'failed', error: describeError(error) };
    }
  }

  return {
    serve: (socket) => readRequest(socket, (request) => answer(socket, request)),
    turnAway() {
      const kept = origin.getStore();
      if (requester !== undefined && requester !== kept) void sendReply(requester, OVERTAKEN);
      return kept;
    },
  };
}

/** A restored process leaves the storage of its request, and V8 would compile there what ends the last one of a process. */
function rehearse(): void {
  const storage = new AsyncLocalStorage<number>();
  storage.run(1, () => {});
  storage.disable();
}
