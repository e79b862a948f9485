import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, truncateSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { checkpoint, programFile } from '../support/image.js';
import { crac, launcher } from '../support/paths.js';
import { scratch } from '../support/scratch.js';
import { type Ended, type Running, runToEnd, start } from '../support/start.js';

const PROGRAM = programFile('survives/programs/once-more');

/** Starts the program through `crac run` under the Node of this test. */
function run(t: TestContext, options: readonly string[], args: readonly string[]): Running {
  const env = { PATH: `${dirname(process.execPath)}:${process.env['PATH']}`, CRAC_RUNTIME_DIR: scratch(t) };
  return start(t, [crac, 'run', ...options, PROGRAM, ...args], { env });
}

function describeRun({ stdout }: Ended): string {
  return stdout.trim();
}

describe('crac run --restore-from', () => {
  it('starts the program the first time and restores it every other time, with the arguments of each', async (t) => {
    const image = join(scratch(t), 'image');
    const options = ['--restore-from', image, '--checkpoint-to', image];
    const first = await run(t, options, ['checkpoint', '1']).ended;
    assert.equal(first.code, 0, first.stderr);
    assert.equal(describeRun(first), 'started');
    assert.match(
      first.stderr,
      /^crac restore: there is no image directory .*image: No such file .* Starting \/.*node instead\.\n$/,
    );
    for (const args of [['2'], ['3', 'x  y'], []]) {
      const later = await run(t, options, args).ended;
      assert.deepEqual([describeRun(later), later.stderr], [`restored ${JSON.stringify(args)}`, '']);
    }
  });

  it('takes the first image that can be restored, and says of each other why it cannot', async (t) => {
    const folder = scratch(t);
    const [damaged, good] = [join(folder, 'damaged'), join(folder, 'good')];
    for (const image of [damaged, good]) {
      const made = await run(t, ['--checkpoint-to', image], ['checkpoint']).ended;
      assert.equal(made.code, 0, made.stderr);
    }
    truncateSync(join(damaged, 'process.core'), 5000);
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    const options = [empty, damaged, good, join(folder, 'never looked at')].flatMap((image) => [
      '--restore-from',
      image,
    ]);
    const ended = await run(t, options, ['a']).ended;
    assert.equal(describeRun(ended), 'restored ["a"]');
    const [first = '', second = '', ...rest] = ended.stderr.trim().split('\n');
    assert.match(first, new RegExp(`empty.* Trying ${damaged} instead\\.$`));
    assert.match(second, new RegExp(`damaged.* Trying ${good} instead\\.$`));
    assert.deepEqual(rest, []);
  });

  it('leaves nothing of the attempt behind: pid, signals and descriptors are as in a plain start', async (t) => {
    const image = join(scratch(t), 'image');
    const plain = await stateOf(t, []);
    assert.deepEqual(await stateOf(t, ['--restore-from', image]), plain, 'no image');
    const taken = await imageOfPort(t);
    assert.deepEqual(await stateOf(t, ['--restore-from', taken]), plain, 'a port is taken');
  });

  it('ends as a restore does where the other program cannot be run', async (t) => {
    const { code, stderr } = await runToEnd(t, [launcher, '/nowhere', '--otherwise', '2', '/no/such', 'x']);
    assert.equal(code, 66);
    assert.match(stderr, /Starting \/no\/such instead\.\ncrac restore: cannot run \/no\/such: No such file/);
  });

  it('tries nothing further where the other command is the launcher without an image', async (t) => {
    const { code, stderr } = await runToEnd(t, [launcher, '/nowhere', '--otherwise', '1', launcher]);
    assert.equal(code, 64);
    assert.match(stderr, /Starting \/.*crac-launcher instead\.\ncrac restore: no image was named\. Usage: /);
  });

  it('refuses counts that make no sense', async (t) => {
    const wrong = [
      ['/x', '--otherwise'],
      ['/x', '--otherwise', '0', 'a'],
      ['/x', '--otherwise', '2', 'a'],
      ['/x', '--otherwise', '1,1', 'a'],
      ['/x', '--otherwise', 'many', 'a'],
      ['/x', '--otherwise', '1', '--', 'a'],
    ];
    for (const args of wrong) {
      const { code, stderr } = await runToEnd(t, [launcher, ...args]);
      assert.equal(code, 64, args.join(' '));
      assert.match(stderr, /--otherwise.*Try --help/);
    }
  });
});

/** What the kernel says of a program that was started that way, and whether it kept the pid of the command. */
async function stateOf(t: TestContext, options: readonly string[]): Promise<object> {
  const running = run(t, options, ['wait']);
  await running.waitFor(/waiting/);
  const status = readFileSync(`/proc/${running.pid}/status`, 'utf8');
  const ended = await running.ended;
  const { fds, pid } = JSON.parse(ended.stdout.split('\n')[1] ?? '') as { fds: unknown; pid: number };
  return { masks: status.match(/^Sig(?:Blk|Ign):.*$/gm), fds, samePid: pid === running.pid };
}

/** An image of a program whose port another server has by now. */
async function imageOfPort(t: TestContext): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  const directory = await checkpoint(t, 'survives/programs/once-more', { args: ['listen', String(port)] });
  await new Promise<void>((resolve) => {
    server.once('error', () => resolve()); // another program has it already
    server.listen(port, '127.0.0.1', resolve);
  });
  t.after(() => server.close());
  return directory;
}
