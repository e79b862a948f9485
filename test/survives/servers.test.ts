import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { get as getSecurely } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { makeCertificate } from '../support/certificate.js';
import {
  assertCheckpointed,
  assertPassed,
  assertSurvives,
  startProgram,
  startRestored,
} from '../support/image.js';
import { listening } from '../support/listening.js';
import { needsCommand } from '../support/requirements.js';
import { scratch } from '../support/scratch.js';
import type { Running } from '../support/start.js';

describe('servers that listen', () => {
  it('serves HTTP on the same port', async (t) => {
    const { restored, port } = await serve(t, 'survives/programs/http-server');
    assert.equal(await textOf(get({ port, path: '/first' })), '/first 1');
    assert.equal(await textOf(get({ port, path: '/end' })), '/end 2');
    assertPassed(await restored.ended);
  });

  it('serves HTTP on an IPv6 port', async (t) => {
    const { restored, port } = await serve(t, 'survives/programs/http-server', ['::1']);
    assert.equal(await textOf(get({ host: '::1', port, path: '/end' })), '/end 1');
    assertPassed(await restored.ended);
  });

  it('serves HTTPS with the same certificate', { skip: needsCommand('openssl') }, async (t) => {
    const files = await makeCertificate(t);
    const { restored, port } = await serve(t, 'survives/programs/https-server', files);
    assert.equal(await textOf(getSecurely({ port, path: '/end', rejectUnauthorized: false })), 'secret /end');
    assertPassed(await restored.ended);
  });

  it('serves HTTP/2', async (t) => {
    const { restored, port } = await serve(t, 'survives/programs/http2-server');
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    for (const path of ['/first', '/end']) {
      let text = '';
      for await (const chunk of session.request({ ':path': path }).setEncoding('utf8')) text += chunk;
      assert.equal(text, `stream ${path}`);
    }
    session.close();
    assertPassed(await restored.ended);
  });

  it('serves a unix socket', async (t) => {
    const path = join(scratch(t), 'socket');
    const { restored } = await serve(t, 'survives/programs/unix-server', [path]);
    const socket = connect(path);
    socket.write('hello');
    assert.equal(String((await once(socket, 'data'))[0]), 'echo hello');
    socket.destroy();
    assertPassed(await restored.ended);
  });

  it('keeps several listeners apart', (t) => assertSurvives(t, 'survives/programs/many-servers'));
});

async function serve(
  t: TestContext,
  program: string,
  args: readonly string[] = [],
): Promise<{ restored: Running; port: number }> {
  const directory = join(scratch(t), 'image');
  const ended = await startProgram(t, program, { directory, args }).ended;
  assertCheckpointed(ended, directory);
  const port = Number(ended.stdout.match(/port (\d+)/)?.[1] ?? 0);
  const restored = startRestored(t, directory);
  await listening(
    port === 0 ? { path: args[0] ?? '' } : { port, host: args[0] === '::1' ? '::1' : '127.0.0.1' },
  );
  return { restored, port };
}

async function textOf(request: ReturnType<typeof get>): Promise<string> {
  const [response] = await once(request, 'response');
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return text;
}
