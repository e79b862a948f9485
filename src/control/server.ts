/**
 * The control server inside of a process: listens on a private socket and leads who connects to the desk, where `status` is answered and
 * `checkpoint` carried out. It never keeps the process alive, and it never makes the program fail: a process that cannot listen just cannot be reached.
 *
 * It is a resource of the runtime itself. Before a checkpoint it stops listening and drops every connection but the one
 * that asked for the checkpoint, which stays open up to the image and is `/dev/null` in the restored process. After that it
 * listens again under the pid of the moment. A process that is prepared for somebody else's snapshot goes on listening: it waits to be resumed.
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { ControlTarget } from './control-target.js';
import type { Desk } from './desk.js';
import { listenAlone } from './listen-alone.js';
import { ensureRuntimeDirectory, runtimeDirectory, socketPath } from './runtime-directory.js';

/** A control server; all its methods may be called in any state. */
export interface ControlServer {
  /** Starts to listen under the current pid; rejects when the private directory or the socket can't be had. */
  listen(): Promise<void>;
  /** Stops listening and drops every connection but the one that asked for the checkpoint in whose course this is called. */
  suspend(): void;
  /** Descriptors that are open for it. */
  descriptors(): readonly number[];
  /**
   * Stops listening and drops every connection. In the restored process it forgets the one that did not travel, and must run before the event
   * loop turns.
   */
  close(): void;
}

/** Makes a control server, which does not listen yet; `loadTarget` is called when somebody connects for the first time. */
export function createControlServer(loadTarget: () => Promise<ControlTarget>): ControlServer {
  const connections = new Set<Socket>();
  let server: Server | undefined;
  let desk: Desk | undefined;
  let opening: Promise<Desk> | undefined;

  async function openDesk(): Promise<Desk> {
    const [{ createDesk }, target] = await Promise.all([import('./desk.js'), loadTarget()]);
    desk = createDesk(target);
    return desk;
  }

  function accept(socket: Socket): void {
    connections.add(socket);
    socket.unref();
    socket.on('error', () => socket.destroy());
    socket.once('close', () => connections.delete(socket));
    opening ??= openDesk();
    opening.then(({ serve }) => serve(socket)).catch(() => socket.destroy());
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
      const created = createServer(accept).unref();
      created.on('error', () => {});
      server = created;
      try {
        await ensureRuntimeDirectory(directory);
        if (server === created) await listenAlone(created, socketPath(directory, process.pid));
      } catch (error) {
        server = undefined;
        throw error;
      }
    },
    suspend: () => drop(desk?.turnAway()),
    descriptors: () => [server, ...connections].flatMap((each) => fdOf(each) ?? []),
    close: drop,
  };
}

/** The descriptor behind a server or a connection, while it has one. */
function fdOf(handled: unknown): number | undefined {
  const fd = (handled as { readonly _handle?: { readonly fd?: number } | null } | undefined)?._handle?.fd;
  return fd !== undefined && fd >= 0 ? fd : undefined;
}
