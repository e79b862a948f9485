import type { Socket } from 'node:net';
import { endWithReply } from './connection.js';
import { createLineReader } from './line-reader.js';
import { MAX_MESSAGE_LENGTH, parseRequest, type Request } from './protocol.js';

/** Waits for the one request of a client and has it answered; one that cannot be read is rejected. */
export function readRequest(socket: Socket, answer: (request: Request) => Promise<void>): void {
  const reader = createLineReader(MAX_MESSAGE_LENGTH);
  function onData(chunk: Buffer): void {
    const lines = reader.push(chunk);
    if (lines?.length === 0) return;
    socket.off('data', onData);
    socket.resume();
    answerLine(socket, lines?.[0], answer).catch(() => socket.destroy());
  }
  socket.on('data', onData);
}

async function answerLine(
  socket: Socket,
  line: string | undefined,
  answer: (request: Request) => Promise<void>,
): Promise<void> {
  if (line === undefined) return reject(socket, `it is longer than ${MAX_MESSAGE_LENGTH} characters`);
  const parsed = parseRequest(line);
  if (!parsed.ok) return reject(socket, parsed.problem);
  return answer(parsed.message);
}

function reject(socket: Socket, problem: string): Promise<void> {
  return endWithReply(socket, { reply: 'rejected', reason: `cannot read the request: ${problem}` });
}
