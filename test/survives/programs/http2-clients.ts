/**
 * Connections with TLS that the program has made by itself, some of them through a proxy (CONNECT). Arguments: the address of a server that says which
 * version of HTTP it is asked with, and the port of the proxy.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientRequest, request } from 'node:http';
import { type ClientHttp2Session, connect } from 'node:http2';
import { Agent, get } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect as connectSecurely, type TLSSocket } from 'node:tls';
import { checkpoint, pass } from '../../support/program.js';
import { assertRefused } from '../../support/refused.js';

const [origin = '', proxy = ''] = process.argv.slice(2);
const { port, host } = new URL(origin);

/** Hears when its session closes, and opens another one. */
let heard: ClientHttp2Session | undefined;
const agent = new Agent({ keepAlive: true });
agent.createConnection = (_options, done) => {
  tunnel('http/1.1').then(
    (socket) => done?.(null, socket),
    (error) => done?.(error, undefined as never),
  );
  return undefined;
};

const forgotten = connect(origin, { rejectUnauthorized: false });
assert.equal(await ask(forgotten), '2.0');
await useOthers();

await assertRefused(
  'CheckpointOpenSocketException',
  /a session of http2\.connect\(\) that nobody hears closing/,
);
assert.equal(heard, undefined);
assert.equal(await ask(forgotten), '2.0');
await useOthers();

const policy = { type: 'socket', remotePort: Number(port), action: 'close', warn: false } as const;
await checkpoint({ policies: [policy] });

if (!forgotten.closed) await once(forgotten, 'close');
await useOthers();
pass();
process.exit();

async function useOthers(): Promise<void> {
  const [response] = await once(get(origin, { agent }), 'response');
  let version = '';
  for await (const chunk of response) version += chunk;
  assert.equal(version, '1.1');
  if (heard === undefined) {
    const socket = await tunnel('h2');
    heard = connect(origin, { createConnection: () => socket }).on('close', () => {
      heard = undefined;
    });
  }
  assert.equal(await ask(heard), '2.0');
}

async function ask(session: ClientHttp2Session): Promise<string> {
  let version = '';
  for await (const chunk of session.request({ ':path': '/' })) version += chunk;
  return version;
}

async function tunnel(protocol: string): Promise<TLSSocket> {
  const asked: ClientRequest = request({ port: proxy, method: 'CONNECT', path: host, agent: false });
  const [, raw] = (await once(asked.end(), 'connect')) as [unknown, Duplex];
  const socket = connectSecurely({ socket: raw, ALPNProtocols: [protocol], rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  return socket;
}
