import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ask } from '#dist/control/client.js';
import type { ControlTarget } from '#dist/control/control-target.js';
import type { ProcessStatus } from '#dist/control/process-status.js';
import { findProcess, listProcesses } from '#dist/control/processes.js';
import type { Reply, Request } from '#dist/control/protocol.js';
import { type ControlServer, createControlServer } from '#dist/control/server.js';
import { scratch } from '../support/scratch.js';

const status: ProcessStatus = {
  pid: process.pid,
  name: 'app',
  uptime: 1,
  node: process.version,
  package: '0',
  generation: 0,
  availability: { status: 'ready' },
  cwd: '/',
  argv: [],
};
const explanation = {
  availability: { status: 'ready' },
  obstacles: [],
  closes: [{ fd: 5, what: 'tcp socket', why: 'idle' }],
  travels: [],
  resources: 0,
} as const;
const image = { id: 'some-id', directory: '/some/where' };

const twoSteps: Pick<ControlTarget, 'prepare' | 'resume'> = {
  prepare: async ({ deadline = 1000 }) => deadline,
  async resume({ args = [] }) {
    if (args.length === 0) throw new Error('not prepared');
    return args.length;
  },
};

interface Running {
  readonly server: ControlServer;
  readonly directory: string;
  readonly path: string;
}

async function listen(
  t: TestContext,
  checkpoint: ControlTarget['checkpoint'] = async () => {},
): Promise<Running> {
  const directory = join(scratch(t), 'run');
  process.env['CRAC_RUNTIME_DIR'] = directory;
  const server = createControlServer(async () => ({
    status: () => status,
    explain: () => explanation,
    checkpoint,
    ...twoSteps,
  }));
  t.after(() => server.close());
  await server.listen();
  return { server, directory, path: join(directory, `${process.pid}.sock`) };
}

async function repliesTo(path: string, request: Request): Promise<readonly Reply[]> {
  const replies: Reply[] = [];
  for await (const reply of ask(path, request)) replies.push(reply);
  return replies;
}

test('a status is told, and processes are found by pid and by name', async (t) => {
  const { path, directory } = await listen(t);
  const [reply] = await repliesTo(path, { request: 'status' });
  assert.deepEqual(reply?.reply === 'status' && reply.status, status);
  assert.equal((await findProcess(directory, 'app')).pid, process.pid);
  assert.equal((await findProcess(directory, String(process.pid))).path, path);
  await assert.rejects(findProcess(directory, 'other'), { code: 'ERR_CRAC_PROCESS_NOT_FOUND' });
});

test('an explanation is told as the process gives it', async (t) => {
  const { path } = await listen(t);
  assert.deepEqual(await repliesTo(path, { request: 'explain' }), [
    { version: 1, reply: 'explanation', explanation },
  ]);
});

test('the two steps are carried out, and say what failed', async (t) => {
  const { path } = await listen(t);
  assert.deepEqual(await repliesTo(path, { request: 'prepare', deadline: 7 }), [
    { version: 1, reply: 'prepared', deadline: 7 },
  ]);
  assert.deepEqual(await repliesTo(path, { request: 'resume', args: ['a', 'b'] }), [
    { version: 1, reply: 'resumed', generation: 2 },
  ]);
  const [failed] = await repliesTo(path, { request: 'resume' });
  assert.equal(failed?.reply === 'failed' && failed.error.message, 'not prepared');
});

test('a checkpoint that goes on running is announced and then done', async (t) => {
  const { path } = await listen(t, async (request, attachment) => {
    assert.deepEqual(request, { request: 'checkpoint', to: '/x', keepRunning: true });
    assert.equal(attachment.placeholders.length, 1);
    await attachment.onWriting(image);
  });
  const replies = await repliesTo(path, { request: 'checkpoint', to: '/x', keepRunning: true });
  assert.deepEqual(
    replies.map(({ reply }) => reply),
    ['writing', 'done'],
  );
});

test('a failure arrives with its members and causes', async (t) => {
  const { path } = await listen(t, async () => {
    throw new AggregateError([new Error('inner', { cause: new TypeError('deeper') })], 'outer');
  });
  const [reply] = await repliesTo(path, { request: 'checkpoint' });
  assert.ok(reply?.reply === 'failed');
  assert.equal(reply.error.message, 'outer');
  assert.equal(reply.error.errors?.[0]?.message, 'inner');
  assert.equal(reply.error.errors?.[0]?.cause?.name, 'TypeError');
});

test('before a checkpoint everything closes but the connection that asked for it', async (t) => {
  const seen: { socketFile?: boolean; bystander?: boolean } = {};
  const running = await listen(t, async (_, attachment) => {
    const bystander = connect(running.path);
    await once(bystander, 'connect');
    running.server.suspend();
    seen.socketFile = existsSync(running.path);
    if (!bystander.destroyed) await once(bystander, 'close');
    seen.bystander = bystander.destroyed;
    await attachment.onWriting(image);
    await running.server.listen();
  });
  const replies = await repliesTo(running.path, { request: 'checkpoint' });
  assert.deepEqual(seen, { socketFile: false, bystander: true });
  assert.deepEqual(
    replies.map(({ reply }) => reply),
    ['writing', 'done'],
  );
  assert.equal((await repliesTo(running.path, { request: 'status' })).length, 1);
});

test('the restored process lets go of the connection and listens again', async (t) => {
  const running = await listen(t, async (_, attachment) => {
    running.server.suspend();
    await attachment.onWriting(image);
    running.server.close();
    assert.deepEqual(attachment.placeholders, []);
    await running.server.listen();
  });
  const replies = await repliesTo(running.path, { request: 'checkpoint' });
  assert.deepEqual(
    replies.map(({ reply }) => reply),
    ['writing'],
  );
  assert.equal((await repliesTo(running.path, { request: 'status' })).length, 1);
});

test('a second checkpoint request during the first is rejected', async (t) => {
  const { promise, resolve } = deferred();
  const { path } = await listen(t, async (_, attachment) => {
    await promise;
    await attachment.onWriting(image);
  });
  const first = repliesTo(path, { request: 'checkpoint' });
  const [second] = await repliesTo(path, { request: 'checkpoint' });
  resolve();
  assert.equal(second?.reply, 'rejected');
  assert.deepEqual(
    (await first).map(({ reply }) => reply),
    ['writing', 'done'],
  );
});

test('nonsense is rejected and a silent client disturbs nobody', async (t) => {
  const { path } = await listen(t);
  const silent = connect(path);
  t.after(() => silent.destroy());
  const socket = connect(path).setEncoding('utf8');
  socket.write('nonsense\n');
  const [answer] = await once(socket, 'data');
  assert.match(String(answer), /"rejected".*it is not JSON/);
});

test('the socket of a process that is gone is replaced, that of a living one is not', async (t) => {
  const { server, path, directory } = await listen(t);
  const rival = createControlServer(async () => ({
    status: () => status,
    explain: () => explanation,
    checkpoint: async () => {},
    ...twoSteps,
  }));
  await assert.rejects(rival.listen(), { code: 'ERR_CRAC_CONTROL_SOCKET_TAKEN' });
  server.close();
  mkdirSync(directory, { recursive: true });
  writeFileSync(path, '');
  await server.listen();
  assert.equal((await repliesTo(path, { request: 'status' })).length, 1);
});

test('a list removes the sockets of processes that are gone', async (t) => {
  const { directory } = await listen(t);
  writeFileSync(join(directory, '999999999.sock'), '');
  writeFileSync(join(directory, 'notes.txt'), '');
  assert.deepEqual(
    (await listProcesses(directory)).map(({ pid }) => pid),
    [process.pid],
  );
  assert.deepEqual(readdirSync(directory).sort(), [`${process.pid}.sock`, 'notes.txt'].sort());
});

test('a process that listens a moment later is waited for, one that is gone is not', async (t) => {
  const { server, directory, path } = await listen(t);
  server.close();
  setTimeout(() => server.listen(), 100);
  assert.equal((await findProcess(directory, String(process.pid))).path, path);
  const begin = performance.now();
  await assert.rejects(findProcess(directory, '999999999'), { code: 'ERR_CRAC_PROCESS_NOT_FOUND' });
  assert.ok(performance.now() - begin < 500);
});

test('two processes of one name are ambiguous', async (t) => {
  const { directory } = await listen(t);
  const { createServer } = await import('node:net');
  const second = createServer((socket) => {
    socket.end(`${JSON.stringify({ version: 1, reply: 'status', status: { ...status, pid: 1 } })}\n`);
  }).listen(join(directory, '1.sock'));
  t.after(() => second.close());
  await assert.rejects(findProcess(directory, 'app'), { code: 'ERR_CRAC_PROCESS_AMBIGUOUS' });
});

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

test('a process that closes the connection before the request is one that lives and does not answer', async (t) => {
  const directory = scratch(t);
  const path = join(directory, `${process.pid}.sock`);
  const closing = createServer((socket) => socket.destroy()).listen(path);
  t.after(() => closing.close());
  await once(closing, 'listening');
  for await (const reply of ask(path, { request: 'status' })) assert.fail(JSON.stringify(reply));
  assert.deepEqual(await listProcesses(directory), [{ pid: process.pid, path }]);
});
