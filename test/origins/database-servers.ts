/** Servers that speak as much of a database's protocol as its client needs to be content: each answers every query with success. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

/** A server and how many clients are connected. */
export interface DatabaseServer {
  readonly port: number;
  count(): number;
}

/** PostgreSQL: a connection is accepted without a password. */
export function startPostgres(t: TestContext): Promise<DatabaseServer> {
  return listen(t, createServer(speak(readPostgres)));
}

/** Redis: everything is OK. */
export function startRedis(t: TestContext): Promise<DatabaseServer> {
  return listen(t, createServer(speak(readRedis)));
}

/** MySQL: a connection is accepted with any password. */
export function startMysql(t: TestContext): Promise<DatabaseServer> {
  return listen(t, createServer(speak(readMysql, GREETING)));
}

async function listen(t: TestContext, server: Server): Promise<DatabaseServer> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { port: (server.address() as AddressInfo).port, count: () => sockets.size };
}

/** Takes a message off the front: its length and the answer, byte by byte, none to a goodbye; `undefined` while it is incomplete. */
type Reader = (received: Buffer, isFirst: boolean) => { length: number; answer?: string } | undefined;

function speak(read: Reader, greeting = ''): (socket: Socket) => void {
  return (socket) => {
    socket.write(greeting, 'latin1');
    let [received, isFirst]: [Buffer, boolean] = [Buffer.alloc(0), true];
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      for (let next = read(received, isFirst); next !== undefined; next = read(received, isFirst)) {
        if (next.answer === undefined) return void socket.end();
        socket.write(next.answer, 'latin1');
        received = received.subarray(next.length);
        isFirst = false;
      }
    });
  };
}

/** Type and length in front of each message but the first, which has no type; "X" says goodbye. */
function readPostgres(received: Buffer, isFirst: boolean): ReturnType<Reader> {
  const start = isFirst ? 0 : 1;
  if (received.length < start + 4) return undefined;
  const length = start + received.readInt32BE(start);
  if (received.length < length) return undefined;
  const ready = 'Z\0\0\0\x05I';
  if (isFirst) return { length, answer: `R\0\0\0\x08\0\0\0\0${ready}` };
  const isQuery = String.fromCharCode(received[0] ?? 0) === 'Q';
  return { length, ...(isQuery && { answer: `C\0\0\0\x0dSELECT 1\0${ready}` }) };
}

/** An array of texts, each with its length in front. */
function readRedis(received: Buffer): ReturnType<Reader> {
  const text = received.toString('latin1');
  const [head = '', count = '0'] = /^\*(\d+)\r\n/.exec(text) ?? [];
  let length = head.length;
  if (length === 0) return undefined;
  for (let word = 0; word < Number(count); word += 1) {
    const [line = '', size = '0'] = /^\$(\d+)\r\n/.exec(text.slice(length)) ?? [];
    length += line.length + Number(size) + 2;
    if (line === '' || length > text.length) return undefined;
  }
  return { length, answer: '+OK\r\n' };
}

/** Version 10 of the handshake with protocol 4.1, random bytes for a password and how it is to be given. */
const GREETING: string = toPacket(
  0,
  `\x0a8.0.0\0\x01\0\0\0abcdefgh\0\x01\x82\x21\x02\0\x08\0\x15${'\0'.repeat(10)}abcdefghijkl\0mysql_native_password\0`,
);

/** Three bytes of length and a number in front of each packet; command 1 says goodbye. */
function readMysql(received: Buffer, isFirst: boolean): ReturnType<Reader> {
  if (received.length < 4) return undefined;
  const length = 4 + received.readUIntLE(0, 3);
  if (received.length < length) return undefined;
  const isGoodbye = !isFirst && received[4] === 1;
  return { length, ...(!isGoodbye && { answer: toPacket((received[3] ?? 0) + 1, '\0\0\0\x02\0\0\0') }) };
}

function toPacket(number: number, content: string): string {
  return `${String.fromCharCode(content.length)}\0\0${String.fromCharCode(number)}${content}`;
}
