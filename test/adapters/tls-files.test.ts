import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { connect, createServer } from 'node:tls';
import { Context } from 'node-crac';
import { tlsFilesResource } from 'node-crac/adapters';
import { continued } from '../core/recorder.js';
import { makeCertificate } from '../support/certificate.js';
import { needsCommand } from '../support/requirements.js';

test('a TLS server has the certificate that is in its files after a restore', {
  skip: needsCommand('openssl'),
}, async (t) => {
  const [key, cert] = await makeCertificate(t);
  const others = await makeCertificate(t);
  const options = { minVersion: 'TLSv1.3' } as const;
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert), ...options });
  t.after(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const context = new Context();
  context.register(tlsFilesResource(server, { key, cert }, options));
  const [before, after] = [cert, others[1]].map(
    (file) => new X509Certificate(readFileSync(file)).fingerprint256,
  );

  await context.beforeCheckpoint();
  await context.afterRestore(undefined, { ...continued, restored: true });
  assert.equal(await fingerprintAt(port), before);

  await context.beforeCheckpoint();
  copyFileSync(others[0], key);
  copyFileSync(others[1], cert);
  await context.afterRestore(undefined, continued);
  assert.equal(await fingerprintAt(port), before);

  await context.beforeCheckpoint();
  await makeCertificate(t).then(([newKey, newCert]) => {
    copyFileSync(newKey, key);
    copyFileSync(newCert, cert);
  });
  await context.afterRestore(undefined, { ...continued, restored: true });
  const last = new X509Certificate(readFileSync(cert)).fingerprint256;
  assert.notEqual(last, after);
  assert.equal(await fingerprintAt(port), last);
});

async function fingerprintAt(port: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}
