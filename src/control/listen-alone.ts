import { unlinkSync } from 'node:fs';
import { connect, type Server } from 'node:net';

/** Listens at `path`, replacing the socket of a process that is gone; refuses when somebody answers there. */
export async function listenAlone(server: Server, path: string): Promise<void> {
  try {
    await listenAt(server, path);
  } catch (error) {
    if (!isAddressInUse(error)) throw error;
    if (await isAnswered(path)) await refuse(path);
    unlinkSync(path);
    await listenAt(server, path);
  }
}

/** Every program with the preload loads this file; the errors are loaded by those that need one. */
async function refuse(path: string): Promise<never> {
  const { cracError } = await import('../errors.js');
  throw cracError('ERR_CRAC_CONTROL_SOCKET_TAKEN', { path });
}

/** Whether a process accepts connections at `path`. */
export function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path).unref();
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

/** `exclusive` keeps a cluster worker from asking its primary to listen in its place. */
function listenAt(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    function onListening(): void {
      server.off('error', onError);
      resolve();
    }
    function onError(error: Error): void {
      server.off('listening', onListening);
      reject(error);
    }
    server.once('listening', onListening);
    server.once('error', onError);
    server.listen({ path, exclusive: true });
  });
}

function isAddressInUse(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}
