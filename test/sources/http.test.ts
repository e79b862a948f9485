import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { compiled } from '../support/paths.js';
import { type Running, start } from '../support/start.js';

interface Answer {
  readonly status: number | undefined;
  readonly body: string;
}

/** The connection that asks must not be waited for: that would take all the time there is. */
const PATIENT = { drainTimeout: 40_000, timeout: 30_000 };

describe('the two steps as paths of HTTP', () => {
  for (const [kind, title] of [
    ['own', 'on a server of the program'],
    ['serve', 'on a port of their own'],
  ] as const) {
    it(`prepare and resume the process, ${title}`, async (t) => {
      const { program, port } = await startServer(t, kind);
      const agent = new Agent({ keepAlive: true });
      t.after(() => agent.destroy());
      assert.deepEqual(await post(port, '/snapshot/before', { agent }), {
        status: 200,
        body: state('prepared'),
      });
      assert.deepEqual(await post(port, '/snapshot/after', { agent }), {
        status: 200,
        body: state('resumed'),
      });
      await post(port, '/snapshot/before');
      assert.equal((await post(port, '/snapshot/after')).status, 200);
      assert.equal((await post(port, '/snapshot/after', { method: 'GET' })).status, 405);
      await program.waitFor(
        /(before\nevent prepared \nafter true\nhook after\nevent resumed \n(hook 1 2\n)?){2}/,
      );
    });
  }

  it('fail with the reasons, so that no snapshot is taken', async (t) => {
    const { port } = await startServer(t, 'serve', { FAIL: '1' });
    const { status, body } = await post(port, '/snapshot/before');
    assert.equal(status, 500);
    assert.match(JSON.parse(body).error, /\[database\] Error: 3 queries\s+are still running/);
  });

  it('have the names that are wanted, and leave all others alone', async (t) => {
    const { port } = await startServer(t, 'own', {}, { beforePath: '/checkpoint', afterPath: '/restore' });
    assert.deepEqual(await post(port, '/snapshot/before'), { status: 200, body: 'hello' });
    assert.deepEqual(await post(port, '//'), { status: 200, body: 'hello' });
    assert.equal((await post(port, '/checkpoint')).body, state('prepared'));
    assert.equal((await post(port, '/restore?x=1')).body, state('resumed'));
  });
});

async function startServer(
  t: TestContext,
  kind: string,
  env: Record<string, string> = {},
  options: object = {},
): Promise<{ program: Running; port: number }> {
  const driven = join(compiled, 'sources/programs/driven.js');
  const json = JSON.stringify({ prepare: PATIENT, ...options });
  const program = start(t, [process.execPath, driven, kind, json], { env });
  const [, port] = await program.waitFor(/port (\d+)/);
  return { program, port: Number(port) };
}

function state(name: string): string {
  return `${JSON.stringify({ state: name })}\n`;
}

function post(port: number, path: string, options: { agent?: Agent; method?: string } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request({ port, path, host: '127.0.0.1', method: 'POST', ...options }, async (response) => {
      const pieces = await response.setEncoding('utf8').toArray();
      resolve({ status: response.statusCode, body: pieces.join('') });
    })
      .on('error', reject)
      .end();
  });
}
