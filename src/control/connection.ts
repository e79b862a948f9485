import type { Socket } from 'node:net';
import { encodeMessage, type Reply } from './protocol.js';

/** Sends a reply and resolves when the kernel has it, or when the client is gone. */
export function sendReply(socket: Socket, reply: Reply): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed || !socket.writable) resolve();
    else socket.write(encodeMessage(reply), () => resolve());
  });
}

/** Sends the last reply and closes the connection. */
export async function endWithReply(socket: Socket, reply: Reply): Promise<void> {
  await sendReply(socket, reply);
  socket.end();
}

/** The number of the descriptor behind a connection, or `undefined` once it is closed. */
export function descriptorOf(socket: Socket): number | undefined {
  const { _handle: handle } = socket as Socket & { readonly _handle?: { readonly fd?: number } | null };
  const fd = handle?.fd;
  return fd !== undefined && fd >= 0 ? fd : undefined;
}
