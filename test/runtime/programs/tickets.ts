/**
 * A server that gives session tickets. Arguments: the kind of server, the version of TLS, files of key and certificate, and `shared` for
 * ticket keys that the program chose. Prints its port and a session from before the checkpoint; ends when it is sent `end`.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createServer, type SecureVersion, type Server, type TlsOptions } from 'node:tls';
import { checkpoint, pass } from '../../support/program.js';
import { takeSession } from '../../support/tls-session.js';

const [kind, version, key = '', cert = '', keys] = process.argv.slice(2);
const options: TlsOptions = {
  key: readFileSync(key),
  cert: readFileSync(cert),
  minVersion: version as SecureVersion,
  maxVersion: version as SecureVersion,
  ...(keys === 'shared' && { ticketKeys: Buffer.alloc(48, 1) }),
};
const makers: Readonly<Record<string, () => Server>> = {
  tls: () => createServer(options),
  https: () => createHttpsServer(options),
  http2: () => createSecureServer(options),
};
const server = makers[kind ?? '']?.() ?? assert.fail(`There is no server of kind ${kind}.`);
server.on('secureConnection', (socket) => {
  socket.on('error', () => {});
  socket.once('data', (data) => {
    if (String(data) === 'end') server.close();
  });
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;
const { session } = await takeSession(port);
process.stdout.write(`port ${port}\nsession ${session.toString('base64')}\n`);

await checkpoint();

await once(server, 'close');
pass();
