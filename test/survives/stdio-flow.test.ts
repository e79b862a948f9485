import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkpoint, programFile, restore, startProgram, startRestored } from '../support/image.js';
import { scratch } from '../support/scratch.js';
import { type Running, start } from '../support/start.js';
import { ON_TERMINAL, TERMINAL, terminalOf } from '../support/terminal.js';

const PROGRAM = 'survives/programs/stdio-flow';
const PIPES = [TERMINAL, 'ppp'];
const ENDS = ['a socket', 'a TCP socket', 'a pipe', 'a file', 'a terminal'] as const;
const ALL_PIPED = ['pipe', 'pipe', 'pipe'] as const;

describe('data on its way through standard streams', () => {
  it('waits for a slow reader', async (t) => {
    const image = await checkpoint(t, PROGRAM, { args: ['much'] });
    for (const wrapper of [[], PIPES]) {
      const restored = startRestored(t, image, { wrapper });
      restored.child.stdout?.pause();
      await sleep(300);
      restored.child.stdout?.resume();
      const { code, stdout, stderr } = await restored.ended;
      assert.equal(code, 0);
      assert.equal(stdout.length, 1e7);
      assert.equal(stderr, 'waited\n');
    }
  });

  it('is written before the image when the reader is only slow', async (t) => {
    const { image, before } = await pend(t, 500);
    assert.equal(before, `${numbers()}last\n`);
    const { stdout, stderr } = await restore(t, image);
    assert.equal(stdout, 'after\n');
    assert.equal(stderr, 'written\n');
  });

  it('goes once to each restored process when nobody has read it', async (t) => {
    const { image, before } = await pend(t, undefined);
    assert.ok(before.length > 0 && before.length < numbers().length);
    for (const to of ENDS) {
      await t.test(`to ${to}`, async (t) => {
        assert.equal(before + (await readAfter(t, image, to)), `${numbers()}last\nafter\n`);
      });
    }
  });

  it('meets a broken pipe as it does without a checkpoint', async (t) => {
    const image = await checkpoint(t, PROGRAM, { args: ['broken pipe'] });
    const plain = start(t, [process.execPath, programFile(PROGRAM), 'broken pipe'], {
      env: { WITHOUT_CHECKPOINT: '1' },
    });
    plain.child.stdout?.destroy();
    const restored = startRestored(t, image);
    restored.child.stdout?.destroy();
    const [{ code, stderr }, expected] = [await restored.ended, await plain.ended];
    assert.match(stderr, /error EPIPE\n/);
    assert.deepEqual({ code, stderr }, { code: expected.code, stderr: expected.stderr });
  });

  it('arrives again after a pipe that had broken', async (t) => {
    const directory = join(scratch(t), 'image');
    const program = startProgram(t, PROGRAM, { directory, args: ['broken before'] });
    program.child.stdout?.destroy();
    await program.ended;
    assert.equal((await restore(t, directory)).stdout, 'somebody reads\n');
  });

  it('stays in the stream when it was read, and the rest follows, however much it is', async (t) => {
    const directory = join(scratch(t), 'image');
    const program = startProgram(t, PROGRAM, { directory, args: ['unread'], stdio: [...ALL_PIPED] });
    program.child.stdin?.write('before');
    await program.ended;
    const input = join(scratch(t), 'input');
    writeFileSync(input, Buffer.alloc(3e6));
    const fd = openSync(input, 'r');
    t.after(() => closeSync(fd));
    const { stdout } = await restore(t, directory, { stdio: [fd, 'pipe', 'pipe'] });
    assert.equal(stdout, 'before 3000006\n');
  });

  it('goes on through a pipeline', async (t) => {
    const directory = join(scratch(t), 'image');
    const program = startProgram(t, PROGRAM, { directory, args: ['pipeline'], stdio: [...ALL_PIPED] });
    program.child.stdin?.write('early ');
    assert.equal((await program.ended).stdout, 'early ');
    const restored = startRestored(t, directory, { stdio: [...ALL_PIPED] });
    restored.child.stdin?.end('late');
    assert.deepEqual(await restored.ended, { code: 0, signal: null, stdout: 'late', stderr: 'end\n' });
  });

  it('is read by a program that never looked before', async (t) => {
    const image = await checkpoint(t, PROGRAM, { args: ['untouched'] });
    const restored = startRestored(t, image, { stdio: [...ALL_PIPED] });
    restored.child.stdin?.end('one\ntwo');
    assert.equal((await restored.ended).stdout, 'one+two\n');
  });

  it('comes from worker threads that existed and from new ones', async (t) => {
    const image = await checkpoint(t, PROGRAM, { args: ['worker'], ...ON_PIPES });
    const { code, stdout, stderr } = await restore(t, image);
    assert.equal(code, 0);
    assert.equal(stdout, 'worker after\nnew worker\n');
    assert.equal(stderr, 'worker error\n');
  });

  it('flows on in a process that keeps running', async (t) => {
    const directory = join(scratch(t), 'image');
    const stdio = [...ALL_PIPED];
    const program = startProgram(t, PROGRAM, { directory, args: ['keep running'], stdio });
    program.child.stdin?.write('a\nb');
    await sleep(300);
    program.child.stdin?.end('\n');
    const { stdout, stderr } = await program.ended;
    assert.equal(stderr, '');
    assert.equal(stdout, 'first a\nsecond b\ndone true\n');
  });

  it('finds its way through two images, onto a terminal and off again', async (t) => {
    const [first, second] = [join(scratch(t), 'first'), join(scratch(t), 'second')];
    await startProgram(t, PROGRAM, { directory: first, args: ['again'] }).ended;
    const env = { ...ON_TERMINAL.env, CRAC_CHECKPOINT_TO: second, NO_COLOR: '1' };
    const middle = startRestored(t, first, { ...ON_TERMINAL, env });
    terminalOf(middle);
    assert.match((await middle.ended).stdout, /^two \{ isTTY: true, columns: 91 \}\r\n$/);
    const last = startRestored(t, second, { stdio: [...ALL_PIPED] });
    last.child.stdin?.end('end');
    const { stdout } = await last.ended;
    assert.equal(stdout, 'three { isTTY: undefined, columns: undefined }\nread end\n');
  });
});

const ON_PIPES = { wrapper: PIPES };

/** Makes an image of a program that has written more than fits; its reader begins after a while, or never. */
async function pend(t: TestContext, delay: number | undefined): Promise<{ image: string; before: string }> {
  const image = join(scratch(t), 'image');
  const program = startProgram(t, PROGRAM, { directory: image, args: ['pending'] });
  const { stdout } = program.child;
  stdout?.pause();
  await toldPending(program);
  if (delay !== undefined) await sleep(delay);
  else await ended(program);
  stdout?.resume();
  return { image, before: (await program.ended).stdout };
}

async function toldPending({ child }: Running): Promise<void> {
  const text = await new Promise<string>((resolve) => child.stderr?.once('data', resolve));
  assert.equal(text, 'pending true\n');
}

async function ended({ child }: Running): Promise<void> {
  if (child.exitCode === null) await new Promise((resolve) => child.once('exit', resolve));
}

async function readAfter(t: TestContext, image: string, to: (typeof ENDS)[number]): Promise<string> {
  if (to === 'a file') {
    const file = join(scratch(t), 'output');
    const fd = openSync(file, 'w');
    t.after(() => closeSync(fd));
    assert.equal((await restore(t, image, { stdio: ['ignore', fd, 'pipe'] })).stderr, 'written\n');
    return readFileSync(file, 'utf8');
  }
  const wrapper = {
    'a socket': [],
    'a TCP socket': [TERMINAL, '-s-'],
    'a pipe': [TERMINAL, '-p-'],
    'a terminal': [TERMINAL, '-t-'],
  }[to];
  const { stdout, stderr } = await restore(t, image, { wrapper });
  assert.equal(stderr, 'written\n');
  return stdout;
}

function numbers(): string {
  return Array.from({ length: 20_000 }, (_, line) => `${line}\n`).join('');
}
