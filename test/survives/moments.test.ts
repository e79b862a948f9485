import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { get, type RequestOptions } from 'node:http';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { assertCheckpointed, programFile, startRestored } from '../support/image.js';
import { listening } from '../support/listening.js';
import { crac } from '../support/paths.js';
import { scratch } from '../support/scratch.js';
import { type Running, start } from '../support/start.js';

/** A program that knows nothing of checkpoints, started through `crac run`. */
function run(
  t: TestContext,
  image: string,
  options: readonly string[],
  args: readonly string[] = [],
  program = 'survives/programs/moments',
  sockets = scratch(t),
): Running {
  const env = { PATH: `${dirname(process.execPath)}:${process.env['PATH']}`, CRAC_RUNTIME_DIR: sockets };
  const command = [crac, 'run', '--checkpoint-to', image, ...options, programFile(program)];
  return start(t, [...command, ...args], { env });
}

function ask(port: number, path = '/'): Promise<string> {
  return request({ host: '127.0.0.1', port, path });
}

function request(where: RequestOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ ...where, agent: false }, async (response) => {
      resolve((await response.setEncoding('utf8').toArray()).join(''));
    }).on('error', reject);
  });
}

async function portOf(running: Running): Promise<number> {
  return Number((await running.waitFor(/port (\d+)/))[1]);
}

/** Asks a process that is on its way back. */
async function askRestored(port: number, path: string): Promise<string> {
  for (const end = Date.now() + 20_000; ; ) {
    try {
      return await ask(port, path);
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}

/** Asserts that the program has checkpointed by itself, and that its image answers the next request with this number. */
async function assertGoesOn(
  t: TestContext,
  image: string,
  running: Running,
  next: string,
  said = '',
): Promise<void> {
  const ended = await running.ended;
  assert.equal(ended.stderr, said);
  assertCheckpointed({ ...ended, stderr: '' }, image);
  const restored = startRestored(t, image);
  assert.equal(await askRestored(await portOf(running), '/end'), next);
  assert.equal((await restored.ended).code, 0);
}

describe('a program that knows nothing of checkpoints is checkpointed by itself', () => {
  const alone: Readonly<Record<string, string>> = {
    listening: '1',
    'after=400ms': '1',
    'http=/ready': '5',
    'exit-of=sleep 0.5': '1',
  };
  for (const [moment, next] of Object.entries(alone)) {
    it(moment, async (t) => {
      const image = join(scratch(t), 'image');
      const running = run(t, image, ['--checkpoint-when', moment]);
      await assertGoesOn(t, image, running, next);
    });
  }

  it('requests=3', async (t) => {
    const image = join(scratch(t), 'image');
    const running = run(t, image, ['--checkpoint-when=requests=3']);
    const port = await portOf(running);
    for (const expected of ['1', '2', '3']) assert.equal(await ask(port), expected);
    await assertGoesOn(t, image, running, '4');
  });

  it('idle=300ms', async (t) => {
    const image = join(scratch(t), 'image');
    const running = run(t, image, ['--checkpoint-when', 'idle=300ms']);
    const port = await portOf(running);
    for (const expected of ['1', '2']) assert.equal(await ask(port), expected);
    await assertGoesOn(t, image, running, '3');
  });

  it('idle=300ms, although a client has gone away without an answer', async (t) => {
    const image = join(scratch(t), 'image');
    const running = run(t, image, ['--checkpoint-when', 'idle=300ms']);
    const port = await portOf(running);
    const leaving = get({ host: '127.0.0.1', port, path: '/never', agent: false }).on('error', () => {});
    for (let answer = 1; answer < 3; ) answer = Number(await ask(port));
    leaving.destroy();
    await assertGoesOn(t, image, running, '4');
  });

  it('signal=SIGUSR2', async (t) => {
    const image = join(scratch(t), 'image');
    const running = run(t, image, ['--checkpoint-when', 'signal=SIGUSR2']);
    await portOf(running);
    await new Promise((resolve) => setTimeout(resolve, 300));
    process.kill(running.pid, 'SIGUSR2');
    await assertGoesOn(t, image, running, '1');
  });

  it('when its warm-up has ended, which finds the address in its environment', async (t) => {
    const folder = scratch(t);
    const [image, seen] = [join(folder, 'image'), join(folder, 'seen')];
    const fetchTwice = `echo $CRAC_URL $CRAC_PORT >${seen}; exec ${process.execPath} -e '
      const get = async () => (await fetch(process.env.CRAC_URL)).text();
      get().then(get).then((text) => process.exit(text === "2" ? 0 : 9))'`;
    const running = run(t, image, ['--warm-up', fetchTwice]);
    const port = await portOf(running);
    await assertGoesOn(
      t,
      image,
      running,
      '3',
      `crac: "${fetchTwice}" has ended well, the image goes to ${image}.\n`,
    );
    assert.equal(readFileSync(seen, 'utf8'), `http://127.0.0.1:${port} ${port}\n`);
  });

  it('http=/late, although the first request is not answered', async (t) => {
    const image = join(scratch(t), 'image');
    await assertGoesOn(t, image, run(t, image, ['--checkpoint-when', 'http=/late']), '3');
  });

  it('when it listens on a unix socket only, with the path for its warm-up', async (t) => {
    const folder = scratch(t);
    const [image, path] = [join(folder, 'image'), join(folder, 'socket')];
    const ask = `${process.execPath} -e '
      require("http").get({ socketPath: process.env.CRAC_SOCKET, path: "/?q", agent: false }, (response) => response.resume())'`;
    const { code, stderr } = await run(t, image, ['--warm-up', ask], [path]).ended;
    assert.deepEqual([code, stderr], [0, `crac: "${ask}" has ended well, the image goes to ${image}.\n`]);
    const restored = startRestored(t, image);
    await listening({ path });
    assert.equal(await request({ socketPath: path, path: '/end' }), '2');
    assert.equal((await restored.ended).code, 0);
  });

  it('and goes on serving where it is told to', async (t) => {
    const image = join(scratch(t), 'image');
    const running = run(t, image, ['--checkpoint-when', 'requests=1', '--keep-running']);
    const port = await portOf(running);
    await ask(port);
    for (const end = Date.now() + 20_000; !existsSync(join(image, 'process.core')); ) {
      assert.ok(Date.now() < end, 'there is no image');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.equal(await ask(port), '2');
    await ask(port, '/end');
    assert.equal((await running.ended).code, 0);
  });
});

describe('a program that was started for its image alone fails when there will be none', () => {
  const failures: readonly [
    what: string,
    options: string[],
    args: string[],
    code: number,
    message: RegExp,
  ][] = [
    [
      'it ends too early',
      ['--checkpoint-when=requests=3'],
      ['short'],
      1,
      /^crac: .* ended before it had answered 3 requests\./,
    ],
    ['its warm-up fails', ['--warm-up', 'exit 3'], [], 1, /"exit 3" ended with status 3/],
    [
      'the moment is none',
      ['--checkpoint-when', 'later'],
      [],
      64,
      /--checkpoint-when must be one of .* "later"/,
    ],
  ];
  for (const [what, options, args, code, message] of failures) {
    it(what, async (t) => {
      const image = join(scratch(t), 'image');
      const ended = await run(t, image, options, args).ended;
      assert.equal(ended.code, code);
      assert.match(ended.stderr, message);
      assert.equal(existsSync(image), false);
    });
  }

  it('but runs on when it is to keep running', async (t) => {
    const running = run(t, join(scratch(t), 'image'), ['--warm-up', 'exit 3', '--keep-running']);
    const port = await portOf(running);
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal(await ask(port, '/end'), '1');
    const ended = await running.ended;
    assert.equal(ended.code, 0);
    assert.match(ended.stderr, /"exit 3" ended with status 3/);
  });
});

describe('a program that has not asked for its checkpoint runs on without what does not come back, and says so', () => {
  const LEASE = 'survives/programs/lost-lease';

  it('of a moment', async (t) => {
    const image = join(scratch(t), 'image');
    const running = run(t, image, ['--checkpoint-when', 'signal=SIGUSR2'], [], LEASE);
    await running.waitFor(/ready/);
    process.kill(running.pid, 'SIGUSR2');
    assertCheckpointed(await running.ended, image);
    await assertComplains(t, image);
  });

  it('of somebody outside', async (t) => {
    const [image, sockets] = [join(scratch(t), 'image'), scratch(t)];
    const running = run(t, image, [], [], LEASE, sockets);
    await running.waitFor(/ready/);
    const env = { PATH: `${dirname(process.execPath)}:${process.env['PATH']}`, CRAC_RUNTIME_DIR: sockets };
    const asked = await start(t, [crac, 'checkpoint', String(running.pid)], { env }).ended;
    assert.equal(asked.code, 0, asked.stderr);
    assertCheckpointed(await running.ended, image);
    await assertComplains(t, image);
  });

  async function assertComplains(t: TestContext, image: string): Promise<void> {
    assert.deepEqual(await startRestored(t, image).ended, {
      code: 1,
      signal: null,
      stdout: 'runs on\n',
      stderr:
        'crac: RestoreException [ERR_CRAC_RESTORE_FAILED]: The process runs, but not everything came back\n' +
        '  - [lease] Error: the lease is gone\n',
    });
  }
});
