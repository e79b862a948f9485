import { connect, type Socket } from 'node:net';
import { cracError } from '../errors.js';
import { createLineReader } from './line-reader.js';
import { encodeMessage, MAX_MESSAGE_LENGTH, parseReply, type Reply, type Request } from './protocol.js';

/** What a client may set. */
export interface AskOptions {
  /** Milliseconds without any reply after which the question is given up; for ever when absent. */
  readonly timeout?: number;
}

/**
 * Sends one request to the socket at `path` and yields the replies until the process closes the connection.
 * @throws CracException when nobody listens there, nobody answers in time, or the answer is not of this protocol.
 */
export async function* ask(
  path: string,
  request: Request,
  options: AskOptions = {},
): AsyncGenerator<Reply, void, undefined> {
  const socket = await open(path);
  try {
    if (options.timeout !== undefined) failWhenSilent(socket, path, options.timeout);
    socket.write(encodeMessage(request));
    yield* replies(socket, path);
  } finally {
    socket.destroy();
  }
}

function open(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('error', (cause) => reject(cracError('ERR_CRAC_CONTROL_UNREACHABLE', { path }, cause)));
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}

function failWhenSilent(socket: Socket, path: string, timeout: number): void {
  socket.setTimeout(timeout, () =>
    socket.destroy(
      cracError('ERR_CRAC_CONTROL_PROTOCOL', { path, reason: `it did not answer within ${timeout} ms` }),
    ),
  );
}

async function* replies(socket: Socket, path: string): AsyncGenerator<Reply, void, undefined> {
  const reader = createLineReader(MAX_MESSAGE_LENGTH);
  try {
    for await (const chunk of socket) {
      const lines = reader.push(chunk as Buffer);
      if (lines === undefined)
        throw cracError('ERR_CRAC_CONTROL_PROTOCOL', { path, reason: 'its answer is too long' });
      for (const line of lines) yield replyOf(line, path);
    }
  } catch (error) {
    if (!isClosed(error)) throw error;
  }
}

function replyOf(line: string, path: string): Reply {
  const parsed = parseReply(line);
  if (!parsed.ok)
    throw cracError('ERR_CRAC_CONTROL_PROTOCOL', {
      path,
      reason: `its answer cannot be read: ${parsed.problem}`,
    });
  return parsed.message;
}

/** A process that is killed resets the connection instead of ending it; one that begins a checkpoint may have closed it before the request. */
function isClosed(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}
