import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { makeCertificate } from '../support/certificate.js';
import { assertCheckpointed, restore, startProgram } from '../support/image.js';
import { needsCommand } from '../support/requirements.js';
import { scratch } from '../support/scratch.js';

const STRANGER = 'DEPTH_ZERO_SELF_SIGNED_CERT';

describe('authorities of NODE_EXTRA_CA_CERTS', { skip: needsCommand('openssl') }, () => {
  it('are read again when the file has changed', async (t) => {
    const { trusted, old, renewed, directory, env } = await prepare(t);
    copyFileSync(renewed.cert, trusted);
    const { stdout, stderr } = await restore(t, directory, { args: [renewed.port, old.port], env });
    assert.deepEqual([stdout, stderr], [`after yes,${STRANGER}\n`, '']);
  });

  it('are read from another file that the restorer names', async (t) => {
    const { renewed, directory } = await prepare(t);
    const env = { NODE_EXTRA_CA_CERTS: renewed.cert };
    assert.equal((await restore(t, directory, { args: [renewed.port], env })).stdout, 'after yes\n');
  });

  it('stay when nothing has changed and when the restorer names none', async (t) => {
    const { old, renewed, directory, env } = await prepare(t);
    for (const given of [env, {}]) {
      const { stdout } = await restore(t, directory, { args: [old.port, renewed.port], env: given });
      assert.equal(stdout, `after yes,${STRANGER}\n`);
    }
  });

  it('stay with a warning when the file cannot be read', async (t) => {
    const { old, directory } = await prepare(t);
    const env = { NODE_EXTRA_CA_CERTS: '/nowhere/ca.pem' };
    const { stdout, stderr } = await restore(t, directory, { args: [old.port], env });
    assert.equal(stdout, 'after yes\n');
    assert.match(stderr, /Certificates of authorities were not read again: ENOENT/);
  });

  it('stay when this is switched off', async (t) => {
    const { trusted, renewed, directory, env } = await prepare(t, { CRAC_RUNTIME: '-tls' });
    copyFileSync(renewed.cert, trusted);
    const { stdout } = await restore(t, directory, { args: [renewed.port], env });
    assert.equal(stdout, `after ${STRANGER}\n`);
  });
});

/** The image of a program that trusts one of two servers. */
async function prepare(t: TestContext, more = {}) {
  const [old, renewed] = [await serve(t), await serve(t)];
  const trusted = join(scratch(t), 'trusted.pem');
  copyFileSync(old.cert, trusted);
  const env = { NODE_EXTRA_CA_CERTS: trusted };
  const directory = join(scratch(t), 'image');
  const args = [old.port, renewed.port];
  const options = { directory, args, env: { ...env, ...more } };
  const ended = await startProgram(t, 'runtime/programs/trust', options).ended;
  assertCheckpointed(ended, directory);
  assert.equal(ended.stdout, `before yes,${STRANGER}\n`);
  return { old, renewed, trusted, directory, env };
}

async function serve(t: TestContext) {
  const [key, cert] = await makeCertificate(t);
  const options = { key: readFileSync(key), cert: readFileSync(cert) };
  const server = createServer(options, (_, response) => {
    response.setHeader('connection', 'close').end('yes');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.closeAllConnections());
  t.after(() => server.close());
  return { cert, port: String((server.address() as AddressInfo).port) };
}
