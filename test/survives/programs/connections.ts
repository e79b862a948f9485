/**
 * Servers and clients as programs have them, which nobody prepares for a checkpoint. SIGUSR2 asks for one: `refused: ...` says why there was
 * none. Arguments: the address of a server in another process; key and certificate for TLS; a drain timeout.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  type ClientHttp2Session,
  connect,
  createServer as createHttp2,
  createSecureServer,
} from 'node:http2';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { checkpoint, pass } from '../../support/program.js';

const [upstream = '', key, cert, drainTimeout] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true });
let session: ClientHttp2Session | undefined;

const actions: Readonly<Record<string, (response: ServerResponse) => unknown>> = {
  '/fetch': async (response) => response.end(await (await fetch(upstream)).text()),
  '/agent': (response) =>
    get(upstream, { agent }, (answer) => answer.on('data', (data) => response.end(data))),
  '/endless': (response) => response.write('begun'),
  '/fetch-endless': async (response) => {
    response.end('asked');
    await fetch(`${upstream}/endless`);
  },
  '/slow': (response) => setTimeout(() => response.end('slow'), 300),
  '/self': (response) => {
    const { port } = server.address() as AddressInfo;
    setTimeout(() => get({ port, path: '/slow', agent: false }, (answer) => answer.pipe(response)), 300);
  },
  '/end': (response) => {
    response.setHeader('connection', 'close').end('end');
    session?.close();
    for (const each of servers) each.close();
  },
};

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { url = '' } = request;
  if (request.method === 'POST') request.on('data', (data) => response.end(`got ${data}`));
  else if (actions[url] === undefined) response.end(url);
  else actions[url](response);
}

const server: Server = createServer(answer);
server.on('upgrade', (_request, socket) => {
  socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n');
  socket.on('data', (data) => socket.write(data)).on('end', () => socket.end());
});
const tls = key && cert ? { key: readFileSync(key), cert: readFileSync(cert) } : undefined;
const servers = [
  server,
  createHttp2((request, response) => {
    if (request.url !== '/upstream') return void response.end(request.url);
    session ??= connect(upstream).on('close', () => {
      session = undefined;
    });
    session.request({ ':path': '/' }).on('data', (data) => response.end(data));
  }),
  ...(tls
    ? [createHttps(tls, answer), createSecureServer(tls, (_request, response) => response.end('h2'))]
    : []),
];
for (const each of servers) await once(each.listen(0, '127.0.0.1'), 'listening');
process.on('SIGUSR2', () => {
  checkpoint(drainTimeout ? { drainTimeout: Number(drainTimeout) } : {}).catch((error: Error) =>
    process.stdout.write(`refused: ${error.message}\n`),
  );
});
process.stdout.write(`ports ${servers.map((each) => (each.address() as AddressInfo).port).join(' ')}\n`);

await Promise.all(servers.map((each) => once(each, 'close')));
agent.destroy();
pass();
