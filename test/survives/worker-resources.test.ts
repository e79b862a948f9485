import assert from 'node:assert/strict';
import { Agent, createServer, get } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { assertCheckpointed, startProgram, startRestored } from '../support/image.js';
import { repository } from '../support/paths.js';
import { scratch } from '../support/scratch.js';
import type { Running } from '../support/start.js';

describe('resources of the application in worker threads', () => {
  it('are told of a checkpoint and of a restore', async (t) => {
    const program = await run(t, 'well');
    const directory = await program.checkpoint();
    const restored = startRestored(t, directory);
    const [line] = await restored.waitFor(/restored: .*\n/);
    assert.match(line, /^restored: main before, worker before, (?=.*main after)(?=.*worker after true)/);
    restored.child.kill('SIGKILL');
  });

  it('fail a checkpoint under the names of thread and resource, and are told of its end', async (t) => {
    const program = await run(t, 'throw');
    const said = await program.refusal();
    assert.match(said, /refused: .*: \[worker thread 1 > pool\] TypeError: the pool is busy\n/);
    assert.match(said, /^main before, worker before, (?=.*main after)(?=.*worker after false)/);
  });

  it('are named when they do not end in time', async (t) => {
    const program = await run(t, 'hang');
    assert.match(
      await program.refusal(),
      /\[worker thread 1 > pool\] beforeCheckpoint of pool did not end within the 3000 ms of the checkpoint/,
    );
  });

  it('are waited for where their thread is blocked, which is named', async (t) => {
    const program = await run(t, 'blocked');
    assert.equal(await text(program.url('/block')), 'blocked');
    assert.match(
      await program.refusal(),
      /\[worker thread 1\] beforeCheckpoint of worker thread 1 did not end within the 3000 ms/,
    );
  });
});

describe('connections of worker threads', () => {
  it('are closed when they are idle, of both sides, and opened again on demand', async (t) => {
    const upstream = await listen(t);
    const program = await run(t, 'well', upstream.url);
    const agent = new Agent({ keepAlive: true });
    t.after(() => agent.destroy());
    for (const path of ['/plain', '/fetch', '/agent']) await text(program.url(path), agent);
    assert.equal(upstream.count(), 2);
    const slow = text(program.url('/slow'), agent);
    const directory = await program.checkpoint();
    assert.equal(await slow, 'slow');
    assert.equal(upstream.count(), 0);
    const restored = startRestored(t, directory);
    await restored.waitFor(/restored: /);
    assert.equal(await text(program.url('/fetch'), agent), 'upstream');
    assert.equal(await text(program.url('/agent'), agent), 'upstream');
    restored.child.kill('SIGKILL');
  });

  it('are named with what they wait for when a request does not end', async (t) => {
    const program = await run(t, 'well', '', { CRAC_DRAIN_TIMEOUT: '200' });
    const endless = get(program.url('/endless'));
    await new Promise((resolve) => endless.once('response', resolve));
    assert.match(await program.refusal(), /GET \/endless is still being answered after 200 ms/);
    assert.equal(await text(program.url('/plain')), '/plain');
    endless.destroy();
    await program.checkpoint();
  });
});

interface Program {
  url(path: string): string;
  checkpoint(): Promise<string>;
  refusal(): Promise<string>;
}

async function run(
  t: TestContext,
  behaviour: string,
  upstream = '',
  env: Readonly<Record<string, string>> = {},
): Promise<Program> {
  const directory = join(scratch(t), 'image');
  const running: Running = startProgram(t, 'survives/programs/worker-resources', {
    directory,
    nodeArgs: ['--import', `${repository}dist/register.js`],
    args: [behaviour, upstream],
    env: { CRAC_DRAIN_TIMEOUT: '20000', ...env },
  });
  const [, port] = await running.waitFor(/port (\d+)\n/);
  return {
    url: (path) => `http://127.0.0.1:${port}${path}`,
    async checkpoint() {
      running.child.kill('SIGUSR2');
      assertCheckpointed(await running.ended, directory);
      return directory;
    },
    async refusal() {
      running.child.kill('SIGUSR2');
      const [all] = await running.waitFor(/(?:.*\n)*refused: .*\n/);
      return all.slice(all.indexOf('\n') + 1);
    },
  };
}

async function listen(t: TestContext): Promise<{ readonly url: string; count(): number }> {
  const server = createServer((_request, response) => response.end('upstream'));
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket.on('close', () => sockets.delete(socket))));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, count: () => sockets.size };
}

async function text(url: string, agent?: Agent): Promise<string> {
  let all = '';
  await new Promise<void>((resolve, reject) => {
    get(url, { agent }, (response) => {
      response.setEncoding('utf8').on('data', (data: string) => {
        all += data;
      });
      response.on('end', resolve);
    }).on('error', reject);
  });
  return all;
}
