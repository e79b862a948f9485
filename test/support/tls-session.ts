import { once } from 'node:events';
import { connect } from 'node:tls';

/** What a connection told of its session. */
export interface TakenSession {
  /** Whether the server took up the session that it was offered. */
  readonly reused: boolean;
  /** The session for a next connection. */
  readonly session: Buffer;
}

/** Connects to a port of this machine, offers a session if there is one, says `words` and waits for a new session. */
export async function takeSession(port: number, offered?: Buffer, words = 'hello'): Promise<TakenSession> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, session: offered });
  const session = once(socket, 'session') as Promise<[Buffer]>;
  await once(socket, 'secureConnect');
  const reused = socket.isSessionReused();
  await new Promise((resolve) => socket.write(words, resolve));
  const taken = { reused, session: reused ? (offered ?? Buffer.alloc(0)) : (await session)[0] };
  session.catch(() => {});
  socket.destroy();
  return taken;
}
