import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { checkpoint, restore, startProgram, startRestored } from '../support/image.js';
import { scratch } from '../support/scratch.js';
import { TERMINAL } from '../support/terminal.js';

const PROGRAM = 'survives/programs/stdio';

describe('standard input and output come from the restorer', () => {
  it('moves from pipes to other pipes', async (t) => {
    const image = await checkpoint(t, PROGRAM, { stdio: ['pipe', 'pipe', 'pipe'] });
    const restored = startRestored(t, image, { stdio: ['pipe', 'pipe', 'pipe'] });
    restored.child.stdin?.end('piped');
    assert.deepEqual(await restored.ended, {
      code: 0,
      signal: null,
      stdout: 'stdout piped\n',
      stderr: 'stderr\n',
    });
  });

  it('moves from nothing to pipes', async (t) => {
    const image = await checkpoint(t, PROGRAM);
    const restored = startRestored(t, image, { stdio: ['pipe', 'pipe', 'pipe'] });
    restored.child.stdin?.end('piped');
    assert.equal((await restored.ended).stdout, 'stdout piped\n');
  });

  it('moves from pipes to files', async (t) => {
    const files = openFiles(t);
    const image = await checkpoint(t, PROGRAM);
    const { code } = await restore(t, image, { stdio: files.stdio });
    assert.deepEqual(
      { code, ...files.read() },
      { code: 0, stdout: 'stdout from a file\n', stderr: 'stderr\n' },
    );
  });

  it('moves from files to pipes', async (t) => {
    const image = await checkpoint(t, PROGRAM, { stdio: openFiles(t).stdio });
    const restored = startRestored(t, image, { stdio: ['pipe', 'pipe', 'pipe'] });
    restored.child.stdin?.end('piped');
    assert.deepEqual(await restored.ended, {
      code: 0,
      signal: null,
      stdout: 'stdout piped\n',
      stderr: 'stderr\n',
    });
  });

  it('tells the addresses of the TCP connections that it moved to', async (t) => {
    const directory = join(scratch(t), 'image');
    const wrapper = [TERMINAL, 'sss'];
    const program = 'survives/programs/stdio-addresses';
    const before = (await startProgram(t, program, { directory, wrapper }).ended).stdout;
    const after = (await restore(t, directory, { wrapper })).stdout;
    for (const told of [before, after]) assert.match(told, /^(127\.0\.0\.1:[1-9]\d*[ \n]){3}$/);
    const ports = (told: string): string[] => told.match(/(?<=:)\d+/g) ?? [];
    for (const port of ports(after)) assert.ok(!ports(before).includes(port), `${port} is stale`);
  });

  it('moves to nothing', async (t) => {
    const image = await checkpoint(t, PROGRAM);
    assert.equal((await restore(t, image, { stdio: ['ignore', 'ignore', 'ignore'] })).code, 0);
  });
});

function openFiles(t: TestContext): { stdio: number[]; read(): { stdout: string; stderr: string } } {
  const folder = scratch(t);
  const [input = '', output = '', error = ''] = ['in', 'out', 'err'].map((name) => join(folder, name));
  writeFileSync(input, 'from a file');
  const stdio = [openSync(input, 'r'), openSync(output, 'a'), openSync(error, 'a')];
  t.after(() => stdio.forEach((fd) => void closeSync(fd)));
  return {
    stdio,
    read: () => ({ stdout: readFileSync(output, 'utf8'), stderr: readFileSync(error, 'utf8') }),
  };
}
