import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, createServer, get, type IncomingMessage, request, type Server } from 'node:http';
import {
  type ClientHttp2Session,
  connect as connectHttp2,
  createServer as createHttp2,
  createSecureServer,
  type Http2SecureServer,
  type Http2Server,
} from 'node:http2';
import { get as getSecurely, Agent as SecureAgent } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { makeCertificate } from '../support/certificate.js';
import { assertCheckpointed, assertPassed, restore, startProgram, startRestored } from '../support/image.js';
import { listening } from '../support/listening.js';
import { crac, repository } from '../support/paths.js';
import { firstOf, needsCommand, needsNode } from '../support/requirements.js';
import { scratch } from '../support/scratch.js';
import { type Running, runToEnd } from '../support/start.js';

const PROGRAM = 'survives/programs/connections';
const REGISTER = ['--import', `${repository}dist/register.js`];

describe('connections that Node holds', () => {
  it('closes idle connections of both sides, and opens them again on demand', async (t) => {
    const upstream = await listen(
      t,
      createServer((_request, response) => response.end('upstream')),
    );
    const program = await run(t, { upstream });
    const agent = keepAlive(t);
    for (const path of ['/agent', '/fetch', '/plain']) await text(program.url(path), agent);
    assert.equal(upstream.count(), 2);
    await program.checkpoint();
    assert.equal(upstream.count(), 0);
    const restored = await program.restore();
    assert.equal(await text(program.url('/agent'), agent), 'upstream');
    assert.equal(await text(program.url('/fetch'), agent), 'upstream');
    assert.equal(await text(program.url('/end'), agent), 'end');
    assertPassed(await restored.ended);
  });

  it('closes idle connections with TLS', { skip: needsCommand('openssl') }, async (t) => {
    const program = await run(t, { args: await makeCertificate(t) });
    const agent = new SecureAgent({ keepAlive: true, rejectUnauthorized: false });
    t.after(() => agent.destroy());
    const ask = (path: string): Promise<string> =>
      textOf(getSecurely({ port: program.ports[2], path, agent }));
    assert.equal(await ask('/one'), '/one');
    await program.checkpoint();
    const restored = await program.restore();
    assert.equal(await ask('/two'), '/two');
    assert.equal(await ask('/end'), 'end');
    assertPassed(await restored.ended);
  });

  it('ends idle sessions of HTTP/2 gracefully', async (t) => {
    const upstream = await listen(
      t,
      createHttp2((_request, response) => response.end('upstream')),
    );
    const program = await run(t, { upstream });
    const before = connectHttp2(`http://127.0.0.1:${program.ports[1]}`);
    assert.equal(await textOfStream(before, '/upstream'), 'upstream');
    const goaway = once(before, 'goaway');
    await program.checkpoint();
    assert.equal((await goaway)[0], 0);
    assert.equal(upstream.count(), 0);
    const restored = await program.restore();
    const after = connectHttp2(`http://127.0.0.1:${program.ports[1]}`);
    assert.equal(await textOfStream(after, '/upstream'), 'upstream');
    after.close();
    assert.equal(await text(program.url('/end')), 'end');
    assertPassed(await restored.ended);
  });

  it('ends sessions of HTTP/2 with TLS', { skip: needsCommand('openssl') }, async (t) => {
    const program = await run(t, { args: await makeCertificate(t) });
    const open = (): ClientHttp2Session =>
      connectHttp2(`https://127.0.0.1:${program.ports[3]}`, { rejectUnauthorized: false });
    const before = open();
    assert.equal(await textOfStream(before, '/'), 'h2');
    await program.checkpoint();
    const restored = await program.restore();
    const after = open();
    assert.equal(await textOfStream(after, '/'), 'h2');
    after.close();
    assert.equal(await text(program.url('/end')), 'end');
    assertPassed(await restored.ended);
  });

  it('closes connections that nothing was sent on', async (t) => {
    const program = await run(t);
    const sockets = program.ports.map((port) => connect(port, '127.0.0.1').on('error', () => {}));
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    const closed = sockets.map((socket) => once(socket.resume(), 'close'));
    await program.checkpoint();
    await Promise.all(closed);
    await endRestored(program);
  });

  it('lets a request in progress end before it writes', async (t) => {
    const program = await run(t);
    const slow = text(program.url('/slow'), keepAlive(t));
    await delivered(slow);
    await program.checkpoint();
    assert.equal(await slow, 'slow');
    await endRestored(program);
  });

  it('lets a request end that asks its own server for another one', async (t) => {
    const program = await run(t);
    const self = text(program.url('/self'), keepAlive(t));
    await delivered(self);
    await program.checkpoint();
    assert.equal(await self, 'slow');
    await endRestored(program);
  });

  it('names a request that does not end in time, and goes on', async (t) => {
    const program = await run(t, { drainTimeout: 200 });
    const agent = keepAlive(t);
    const endless = get(program.url('/endless'), { agent });
    const [response] = (await once(endless, 'response')) as [IncomingMessage];
    await once(response, 'data');
    const clientPort = endless.socket?.localPort;
    const sentence = await program.refusal();
    assert.match(sentence, /GET \/endless is still being answered after 200 ms, end that/);
    assert.match(
      sentence,
      new RegExp(`127\\.0\\.0\\.1:${program.ports[0]} -> 127\\.0\\.0\\.1:${clientPort}`),
    );
    assert.equal(await text(program.url('/plain')), '/plain');
    endless.destroy();
    await program.checkpoint();
    await endRestored(program);
  });

  it('gives requests the time that the caller of checkpointRestore() or crac checkpoint says', async (t) => {
    const program = await run(t, { args: ['', '', '150'], nodeArgs: REGISTER });
    const endless = get(program.url('/endless'));
    await once(endless, 'response');
    assert.match(await program.refusal(), /GET \/endless is still being answered after 150 ms/);
    const pid = String(program.running.pid);
    const { code, stderr } = await runToEnd(t, [crac, 'checkpoint', '--drain-timeout', '0.07', pid], {
      env: { CRAC_RUNTIME_DIR: program.control },
    });
    assert.notEqual(code, 0);
    assert.match(stderr, /GET \/endless is still being answered after 70 ms/);
    endless.destroy();
    await program.checkpoint();
  });

  it('names a request of the program that is not answered in time', async (t) => {
    const upstream = await listen(
      t,
      createServer(({ url }, response) => void (url === '/endless' || response.end('upstream'))),
    );
    const program = await run(t, { upstream, drainTimeout: 200 });
    assert.equal(await text(program.url('/fetch-endless')), 'asked');
    const sentence = await program.refusal();
    assert.match(sentence, new RegExp(`GET ${upstream.url}/endless is still under way after 200 ms`));
    assert.equal(await text(program.url('/fetch')), 'upstream');
    program.running.child.kill('SIGKILL');
  });

  it('names a request that was sent in part, and answers it afterwards', async (t) => {
    const program = await run(t, { drainTimeout: 200 });
    const half = await open(t, program.ports[0], 'GET /half HTTP/1.1\r\nHost: a');
    assert.match(await program.refusal(), /a request whose head is incomplete is still being answered/);
    half.write('\r\nConnection: close\r\n\r\n');
    assert.match(await allOf(half), /\/half$/m);
    const head = `POST /post HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\n\r\n`;
    const body = await open(t, program.ports[0], head);
    assert.match(await program.refusal(), /POST \/post is still being answered/);
    body.write('abc');
    assert.match(await allOf(body), /got abc/);
    await program.checkpoint();
    await endRestored(program);
  });

  it('leaves an upgraded connection to the program, and names it', async (t) => {
    const program = await run(t, { drainTimeout: 200 });
    const upgrade = request(program.url('/'), { headers: { connection: 'upgrade', upgrade: 'echo' } }).end();
    const [, socket] = (await once(upgrade, 'upgrade')) as [IncomingMessage, Socket];
    assert.match(await program.refusal(), /an HTTP server handed it over to the program \(a WebSocket/);
    socket.write('still here');
    assert.equal(String((await once(socket, 'data'))[0]), 'still here');
    socket.destroy();
    await program.checkpoint();
    await endRestored(program);
  });

  it('lets new connections wait, and answers them when there is no image', async (t) => {
    const program = await run(t, { drainTimeout: 1000 });
    const endless = get(program.url('/endless'));
    await once(endless, 'response');
    let isOver = false;
    const refusal = program.refusal().then(() => {
      isOver = true;
    });
    const waiting = new Set<Promise<string>>();
    while (!isOver) {
      const answer = text(program.url('/late'));
      waiting.add(answer);
      answer.catch(() => {}).finally(() => isOver || waiting.delete(answer));
      await Promise.race([refusal, new Promise((resolve) => setTimeout(resolve, 20))]);
    }
    assert.ok(waiting.size >= 3, `Only ${waiting.size} requests waited for the end.`);
    assert.deepEqual(new Set(await Promise.all(waiting)), new Set(['/late']));
    endless.destroy();
    await program.checkpoint();
    await endRestored(program);
  });
});

describe('clients of undici from npm', () => {
  for (const [name, major] of [
    ['undici5', 20],
    ['undici6', 20],
    ['undici7', 20],
    ['undici8', 22],
  ] as const) {
    it(`closes the idle connections of ${name}, also those of HTTP/2, and its clients go on`, {
      skip: firstOf(needsNode(major), needsCommand('openssl')),
    }, async (t) => {
      const upstream = await listen(
        t,
        createServer((_request, response) => response.end('upstream')),
      );
      const secure = await listenSecurely(t);
      const directory = join(scratch(t), 'image');
      const running = startProgram(t, 'survives/programs/undici-clients', {
        directory,
        nodeArgs: ['--no-warnings'],
        args: [name, upstream.url, secure.url],
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      await running.waitFor(/used\n/);
      assert.ok(upstream.count() >= 5, `There are ${upstream.count()} connections.`);
      running.child.stdin?.end('go\n');
      assertCheckpointed(await running.ended, directory);
      assert.deepEqual([upstream.count(), secure.count()], [0, 0]);
      assertPassed(await restore(t, directory));
    });
  }
});

describe('a client session of HTTP/2', () => {
  it('is closed when somebody hears of it, and named when nobody does, unless a policy says otherwise', {
    skip: needsCommand('openssl'),
  }, async (t) => {
    const secure = await listenSecurely(t);
    const directory = join(scratch(t), 'image');
    const running = startProgram(t, 'survives/programs/http2-clients', {
      directory,
      args: [secure.url, String(await startProxy(t))],
    });
    assertCheckpointed(await running.ended, directory);
    assertPassed(await restore(t, directory));
  });
});

/** A server that says which version of HTTP it is spoken to with. */
async function listenSecurely(t: TestContext): Promise<Upstream> {
  const [key, cert] = (await makeCertificate(t)).map((file) => readFileSync(file));
  const server = createSecureServer({ key, cert, allowHTTP1: true }, (request, response) =>
    response.end(request.httpVersion),
  );
  const { url, count } = await listen(t, server);
  return { url: url.replace('http:', 'https:'), count };
}

/** A proxy that connects to every server of this machine; its port. */
async function startProxy(t: TestContext): Promise<number> {
  const proxy = createServer().on('connect', ({ url = '' }, socket: Socket) => {
    const { hostname, port } = new URL(`http://${url}`);
    const upstream = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(upstream).pipe(socket);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
  });
  const { url } = await listen(t, proxy);
  return Number(new URL(url).port);
}

interface Upstream {
  readonly url: string;
  /** Connections that are open. */
  count(): number;
}

async function listen(t: TestContext, server: Server | Http2Server | Http2SecureServer): Promise<Upstream> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.on('close', () => sockets.delete(socket)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    count: () => sockets.size,
  };
}

interface Program {
  readonly running: Running;
  readonly ports: readonly number[];
  /** Value of `CRAC_RUNTIME_DIR`. */
  readonly control: string;
  url(path: string): string;
  /** Asks for an image and waits until it is there. */
  checkpoint(): Promise<void>;
  /** Asks for an image, which must be refused; returns why. */
  refusal(): Promise<string>;
  restore(): Promise<Running>;
}

async function run(
  t: TestContext,
  options: {
    readonly upstream?: Upstream;
    readonly args?: readonly string[];
    readonly drainTimeout?: number;
    readonly nodeArgs?: readonly string[];
  } = {},
): Promise<Program> {
  const directory = join(scratch(t), 'image');
  const { upstream, args = [], drainTimeout = 20_000, nodeArgs = [] } = options;
  const running = startProgram(t, PROGRAM, {
    directory,
    nodeArgs,
    args: [upstream?.url ?? 'http://127.0.0.1:9', ...args],
    env: { CRAC_DRAIN_TIMEOUT: String(drainTimeout) },
  });
  const [, list = ''] = await running.waitFor(/ports (.*)\n/);
  const ports = list.split(' ').map(Number);
  let refusals = 0;
  return {
    running,
    ports,
    control: `${directory}.control`,
    url: (path) => `http://127.0.0.1:${ports[0]}${path}`,
    async checkpoint() {
      running.child.kill('SIGUSR2');
      const ended = await running.ended;
      assertCheckpointed(ended, directory);
    },
    async refusal() {
      refusals += 1;
      running.child.kill('SIGUSR2');
      const [all] = await running.waitFor(new RegExp(`(?:[^]*?refused: .*\n){${refusals}}`));
      return all.slice(all.lastIndexOf('refused: '));
    },
    async restore() {
      const restored = startRestored(t, directory);
      await listening({ port: ports[0] ?? 0, host: '127.0.0.1' });
      return restored;
    },
  };
}

async function endRestored(program: Program): Promise<void> {
  const restored = await program.restore();
  assert.equal(await text(program.url('/again')), '/again');
  assert.equal(await text(program.url('/end')), 'end');
  assertPassed(await restored.ended);
}

function keepAlive(t: TestContext): Agent {
  const agent = new Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  return agent;
}

function text(url: string, agent?: Agent): Promise<string> {
  return textOf(get(url, agent === undefined ? {} : { agent }));
}

async function textOf(asked: ReturnType<typeof get>): Promise<string> {
  const [response] = await once(asked, 'response');
  let all = '';
  for await (const chunk of response) all += String(chunk);
  return all;
}

async function textOfStream(session: ClientHttp2Session, path: string): Promise<string> {
  let all = '';
  for await (const chunk of session.request({ ':path': path }).setEncoding('utf8')) all += chunk;
  return all;
}

/** Gives a request time to arrive; it must not have been answered by then. */
async function delivered(answer: Promise<unknown>): Promise<void> {
  const early = await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 100, undefined))]);
  assert.equal(early, undefined);
}

async function open(t: TestContext, port: number | undefined, beginning: string): Promise<Socket> {
  const socket = connect(port ?? 0, '127.0.0.1');
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  await new Promise((resolve) => socket.write(beginning, resolve));
  await new Promise((resolve) => setTimeout(resolve, 100));
  return socket;
}

async function allOf(socket: Socket): Promise<string> {
  let all = '';
  for await (const chunk of socket) all += String(chunk);
  return all;
}
