import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { assertCheckpointed, checkpoint, restore, startProgram, startRestored } from '../support/image.js';
import { scratch } from '../support/scratch.js';
import type { Running } from '../support/start.js';
import { ON_TERMINAL, type Terminal, terminalOf } from '../support/terminal.js';

const PROGRAM = 'survives/programs/stdio-terminal';

describe('a restored program on a terminal', () => {
  it('gets raw mode, and the terminal its own mode when the program ends', async (t) => {
    const { directory, program, terminal } = begin(t, 'raw');
    assertCheckpointed(await program.ended, directory);
    assert.equal(await terminal.lastMode(), 'ended cooked echo');
    const restored = restoreOnTerminal(t, directory);
    await restored.program.waitFor(/raw true/);
    assert.equal(await restored.terminal.mode(), 'raw');
    restored.terminal.type('a');
    await restored.program.waitFor(/key a/);
    restored.terminal.type('x');
    assert.equal((await restored.program.ended).code, 7);
    assert.equal(await restored.terminal.lastMode(), 'ended cooked echo');
  });

  it('leaves a terminal as it was, though the one of the checkpoint was another', async (t) => {
    const { directory, program } = begin(t, 'raw');
    assertCheckpointed(await program.ended, directory);
    for (const end of ['x', 'SIGTERM'] as const) {
      const restored = restoreOnTerminal(t, directory, { TERMINAL: '' });
      await restored.program.waitFor(/raw true/);
      assert.equal(await restored.terminal.mode(), 'raw');
      if (end === 'x') restored.terminal.type('x');
      else process.kill(childOf(restored.program), end);
      await restored.program.ended;
      assert.equal(await restored.terminal.lastMode(), 'ended cooked');
    }
  });

  it('sees the prompt of readline again and edits its line', async (t) => {
    const { directory, program, terminal } = begin(t, 'readline');
    await program.waitFor(/ask> /);
    terminal.type('before\r');
    await program.waitFor(/line before/);
    terminal.type('freeze\r');
    assertCheckpointed(await program.ended, directory);
    const restored = restoreOnTerminal(t, directory);
    await restored.program.waitFor(/ask> /);
    restored.terminal.type('wrong\u007f\u007f\u007f\u007f\u007fright\r');
    await restored.program.waitFor(/line right/);
    restored.terminal.type('stop\r');
    const { code, stdout } = await restored.program.ended;
    assert.equal(code, 0);
    assert.deepEqual(
      stdout.match(/^line .*$/gm)?.map((line) => line.trim()),
      ['line right', 'line stop'],
    );
    assert.equal(await restored.terminal.lastMode(), 'ended cooked echo');
  });

  it('goes on with a REPL and what was defined in it', async (t) => {
    const { directory, program, terminal } = begin(t, 'repl');
    await program.waitFor(/repl> /);
    terminal.type('let answer = 41\r');
    await program.waitFor(/undefined/);
    terminal.type('freeze()\r');
    assertCheckpointed(await program.ended, directory);
    const restored = restoreOnTerminal(t, directory);
    await restored.program.waitFor(/repl> /);
    restored.terminal.type('"it is " + (answer + 1)\r');
    await restored.program.waitFor(/'it is 42'/);
    restored.terminal.type('.exit\r');
    assert.equal((await restored.program.ended).code, 0);
  });

  it('goes on with readline where there is no terminal', async (t) => {
    const { directory, program, terminal } = begin(t, 'readline');
    await program.waitFor(/ask> /);
    terminal.type('freeze\r');
    assertCheckpointed(await program.ended, directory);
    const restored = startRestored(t, directory, { stdio: ['pipe', 'pipe', 'pipe'] });
    restored.child.stdin?.end('piped\nstop\n');
    const { code, stdout } = await restored.ended;
    assert.equal(code, 0);
    assert.match(stdout, /line piped\n/);
    assert.match(stdout, /line stop\n/);
  });

  for (const before of ['nothing', 'a terminal'] as const) {
    it(`hears of its size and of changes, after ${before}`, async (t) => {
      const image = await makeImage(t, 'size', before);
      const { program, terminal } = restoreOnTerminal(t, image);
      await program.waitFor(/columns 91/);
      await program.waitFor(/resized to 91/);
      terminal.widen();
      await program.waitFor(/resized to 101/);
      terminal.type('\r');
      assert.equal((await program.ended).code, 0);
    });

    it(`has colours on a terminal and none elsewhere, after ${before}`, async (t) => {
      const image = await makeImage(t, 'colors', before);
      const { program } = restoreOnTerminal(t, image);
      const { stdout } = await program.ended;
      assert.ok(stdout.includes('{ number: \u001b[33m1\u001b[39m }'), stdout);
      assert.ok(stdout.includes('\u001b[31mstyled\u001b[39m'), stdout);
      assert.match(stdout, /depth 8 true/);
      const plain = await restore(t, image, { env: { TERM: 'xterm-256color' } });
      assert.match(plain.stdout, /^\{ number: 1 \}\n/);
      assert.match(plain.stdout, /depth (undefined undefined|1 false) undefined\n/);
    });
  }
});

interface OnTerminal {
  readonly program: Running;
  readonly terminal: Terminal;
}

function begin(t: TestContext, way: string): OnTerminal & { directory: string } {
  const directory = join(scratch(t), 'image');
  const program = startProgram(t, PROGRAM, {
    directory,
    args: [way],
    ...ON_TERMINAL,
  });
  return { directory, program, terminal: terminalOf(program) };
}

async function makeImage(t: TestContext, way: string, before: 'nothing' | 'a terminal'): Promise<string> {
  if (before === 'nothing') return checkpoint(t, PROGRAM, { args: [way] });
  const { program, directory } = begin(t, way);
  assertCheckpointed(await program.ended, directory);
  return directory;
}

function restoreOnTerminal(t: TestContext, directory: string, env: Record<string, string> = {}): OnTerminal {
  const options = { ...ON_TERMINAL, env: { ...ON_TERMINAL.env, ...env } };
  const program = startRestored(t, directory, options);
  return { program, terminal: terminalOf(program) };
}

/** The program behind the one that holds its terminal. */
function childOf({ pid }: Running): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'));
}
