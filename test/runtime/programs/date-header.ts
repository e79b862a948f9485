/**
 * Answers a request before its checkpoint, and after it prints, in milliseconds, how old the dates in its first answers are.
 * With the argument "worker" a worker thread does that.
 */
import { once } from 'node:events';
import { get, IncomingMessage, Server, ServerResponse } from 'node:http';
import { type AddressInfo, connect, Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as later } from 'node:timers/promises';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { checkpoint } from '../../support/program.js';

const worker =
  isMainThread && process.argv[2] === 'worker' ? new Worker(new URL(import.meta.url)) : undefined;
const server = new Server(
  { keepAliveTimeout: 2000, headersTimeout: 3000, requestTimeout: 4000 },
  (_, response) => response.end('answer'),
);
let port = 0;

if (worker === undefined) {
  await begin();
  if (parentPort === null) {
    await checkpoint();
  } else {
    parentPort.postMessage('ready');
    await once(parentPort, 'message');
  }
  await finish();
} else {
  await once(worker, 'message');
  await checkpoint();
  worker.postMessage('measure');
}

/** Fills the cache at the beginning of a second, so that it is full at the checkpoint. */
async function begin(): Promise<void> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
  await later(1010 - (Date.now() % 1000));
  await age();
}

async function finish(): Promise<void> {
  console.log(
    JSON.stringify({ direct: await ageOfDirectAnswer(), served: await age(), answers: await keepAlive() }),
  );
  server.close();
  server.closeAllConnections();
}

/** A date has whole seconds. */
function ageOf(date: string): number {
  return Math.floor(Date.now() / 1000) * 1000 - Date.parse(date);
}

async function age(): Promise<number> {
  const [answer] = (await once(get({ port, host: '127.0.0.1', agent: false }), 'response')) as [
    IncomingMessage,
  ];
  const result = ageOf(answer.headers.date ?? '');
  await text(answer);
  await once(answer.socket, 'close');
  return result;
}

/** An answer that no turn of the event loop precedes. */
async function ageOfDirectAnswer(): Promise<number> {
  const written = new PassThrough();
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  response.assignSocket(written as unknown as Socket);
  response.end();
  written.end();
  const [, date = ''] = /^Date: (.*)\r$/m.exec(await text(written)) ?? [];
  return ageOf(date);
}

/** How many requests one connection carries that pauses within what the timeouts allow. */
async function keepAlive(): Promise<number> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const request = 'GET / HTTP/1.1\r\nHost: test\r\n\r\n';
  await later(300);
  socket.write(request);
  const [first] = (await once(socket, 'data')) as [Buffer];
  await later(700);
  socket.write(request);
  const [second] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return [first, second].filter((answer) => answer.toString().startsWith('HTTP/1.1 200')).length;
}
