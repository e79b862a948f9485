/** Several listeners at once, closed and opened again after the restore. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { checkpoint, pass } from '../../support/program.js';

const hosts = ['127.0.0.1', '127.0.0.2', '::1', '0.0.0.0', '::'];
const servers = await Promise.all(hosts.map((host) => listen(0, host)));
const ports = servers.map(portOf);

await checkpoint();

for (const [index, server] of servers.entries()) {
  assert.equal(portOf(server), ports[index]);
  await assertAnswers(ports[index] ?? 0, hosts[index] ?? '');
  server.close();
  await once(server, 'close');
  const again = await listen(ports[index] ?? 0, hosts[index] ?? '');
  await assertAnswers(portOf(again), hosts[index] ?? '');
  again.close();
}
pass();

async function listen(port: number, host: string): Promise<Server> {
  const server = createServer((socket) => socket.end('hello'));
  server.listen({ port, host, ipv6Only: true });
  await once(server, 'listening');
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function assertAnswers(port: number, host: string): Promise<void> {
  const socket = connect({ port, host: host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host });
  let answer = '';
  for await (const chunk of socket.setEncoding('utf8')) answer += chunk;
  assert.equal(answer, 'hello');
}
