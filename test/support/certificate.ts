import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { scratch } from './scratch.js';
import { runToEnd } from './start.js';

/** Files of a key and of a certificate that it signed itself, in this order. */
export type CertificateFiles = readonly [key: string, cert: string];

/** Makes a certificate for `localhost` and 127.0.0.1 with the command `openssl`. */
export async function makeCertificate(t: Pick<TestContext, 'after'>): Promise<CertificateFiles> {
  const folder = scratch(t);
  const files: CertificateFiles = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const command = [
    ...['openssl', 'req', '-x509', '-days', '2', '-subj', '/CN=localhost'],
    ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
    ...['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-keyout', files[0], '-out', files[1]],
  ];
  const { code, stderr } = await runToEnd(t, command);
  assert.equal(code, 0, stderr);
  return files;
}
