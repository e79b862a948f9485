import assert from 'node:assert/strict';
import {
  appendFileSync,
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { startProgram, startRestored } from '../support/image.js';
import { scratch } from '../support/scratch.js';
import type { Ended, Running } from '../support/start.js';
import { TERMINAL } from '../support/terminal.js';

const KINDS = [
  'pipe',
  'file by >',
  'file by >>',
  'terminal',
  'closed',
  '/dev/null',
  'socket',
  'TCP socket',
] as const;
type Kind = (typeof KINDS)[number];

const PROGRAM = 'survives/programs/stdio-pairs';
const ENV = { TERM: 'xterm-256color' };

/** Three standard streams of one kind. */
interface Streams {
  readonly wrapper?: readonly string[];
  readonly stdio: ('pipe' | 'ignore' | number)[];
  /** What arrived, where anything can. */
  output(ended: Ended): { out: string[]; err: string[] } | undefined;
}

describe('standard streams of any kind become streams of any other', () => {
  for (const from of KINDS) {
    it(`from ${from}`, async (t) => {
      const image = await makeImage(t, from);
      for (const to of KINDS) await t.test(`to ${to}`, (t) => assertMoves(t, image, to));
    });
  }
});

async function makeImage(t: TestContext, kind: Kind): Promise<string> {
  const folder = scratch(t);
  const directory = join(folder, 'image');
  const streams = open(t, kind, folder, 'first\n');
  const program = startProgram(t, PROGRAM, { directory, env: ENV, ...streams });
  program.child.stdin?.write('first\n');
  const ended = await program.ended;
  const { out, err } = streams.output(ended) ?? {};
  assert.ok(existsSync(join(directory, 'process.core')), `There is no image: ${ended.stderr}${err}`);
  assert.equal(ended.code, 0);
  if (out !== undefined) {
    const end = kind.startsWith('file') ? ['in |end'] : [];
    assert.deepEqual(out, [...written('before', 'out', 4), 'in first', ...end]);
    assert.deepEqual(err, written('before', 'err', 3));
  }
  for (const name of ['in', 'out', 'err'].map((file) => join(folder, file))) {
    if (!existsSync(name)) continue;
    appendFileSync(name, 'written by somebody else\n');
    rmSync(name);
  }
  return directory;
}

async function assertMoves(t: TestContext, image: string, kind: Kind): Promise<void> {
  const folder = scratch(t);
  const facts = join(folder, 'facts');
  const streams = open(t, kind, folder, 'second\nthird');
  const restored = startRestored(t, image, { args: [facts], env: ENV, ...streams });
  feed(restored, kind === 'terminal' ? 'second\nthird\n' : 'second\nthird');
  const ended = await restored.ended;
  const got = streams.output(ended);
  assert.equal(ended.code, 0, `${ended.stderr}${got?.err}`);
  if (got !== undefined) {
    const input = kind === 'terminal' ? ['in third', 'in |end'] : ['in third|end'];
    assert.deepEqual(sorted(got.out), sorted([...written('after', 'out', 4), 'in second', ...input]));
    assert.deepEqual(got.out.filter(isWritten), written('after', 'out', 4));
    assert.deepEqual(got.err, written('after', 'err', 3));
  }
  const output = kind === 'terminal' ? { isTTY: true, columns: 91, rows: 17 } : {};
  const input = kind === 'terminal' ? { stdin: true } : {};
  const expected = { ...input, stdout: output, stderr: output, colors: kind === 'terminal' };
  assert.deepEqual(JSON.parse(readFileSync(facts, 'utf8')), expected);
}

function feed({ child }: Running, text: string): void {
  child.stdin?.on('error', () => {});
  child.stdin?.end(text);
}

function written(when: string, where: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${when} ${where} ${index + 1}`);
}

function isWritten(line: string): boolean {
  return line.startsWith('after ');
}

/** What is read and what is written has no order between the two. */
function sorted(lines: readonly string[]): string[] {
  return [...lines].sort();
}

function linesOf(text: string): string[] {
  return text.split('\n').slice(0, -1);
}

function open(t: TestContext, kind: Kind, folder: string, input: string): Streams {
  const [connected, ignored] = [
    ['pipe', 'pipe', 'pipe'] as Streams['stdio'],
    ['ignore', 'ignore', 'ignore'] as Streams['stdio'],
  ];
  switch (kind) {
    case 'pipe':
      return { wrapper: [TERMINAL, 'ppp'], stdio: connected, output: apart };
    case 'TCP socket':
      return { wrapper: [TERMINAL, 'sss'], stdio: connected, output: apart };
    case 'socket':
      return { stdio: connected, output: apart };
    case 'terminal':
      return { wrapper: [TERMINAL, 'ttt', '91x17'], stdio: connected, output: together };
    case 'closed':
      return { wrapper: [TERMINAL, 'ccc'], stdio: ignored, output: nothing };
    case '/dev/null':
      return { stdio: ignored, output: nothing };
    default:
      return openFiles(t, kind, folder, input);
  }
}

/** Nothing of it can be seen. */
function nothing(): undefined {}

function apart({ stdout, stderr }: Ended): { out: string[]; err: string[] } {
  return { out: linesOf(stdout), err: linesOf(stderr) };
}

/** A terminal shows both in one. */
function together({ stdout }: Ended): { out: string[]; err: string[] } {
  const isError = (line: string): boolean => / err \d$/.test(line);
  const all = linesOf(stdout);
  return { out: all.filter((line) => !isError(line)), err: all.filter(isError) };
}

/** `>` begins with an empty file, `>>` behind what others have written; input is read from where the one who opened it has got to. */
function openFiles(t: TestContext, kind: Kind, folder: string, input: string): Streams {
  const [inFile = '', outFile = '', errFile = ''] = ['in', 'out', 'err'].map((name) => join(folder, name));
  const isAppending = kind === 'file by >>';
  writeFileSync(inFile, `skipped\n${input}`);
  for (const file of [outFile, errFile]) writeFileSync(file, 'old\n');
  const stdio = [
    openSync(inFile, 'r'),
    ...[outFile, errFile].map((file) => openSync(file, isAppending ? 'a' : 'w')),
  ];
  t.after(() => stdio.forEach((fd) => void closeSync(fd)));
  readSync(stdio[0] ?? 0, Buffer.alloc(8));
  if (isAppending) for (const file of [outFile, errFile]) appendFileSync(file, 'new\n');
  const expected = isAppending ? ['old', 'new'] : [];
  const read = (file: string): string[] => {
    const lines = linesOf(readFileSync(file, 'utf8'));
    assert.deepEqual(lines.slice(0, expected.length), expected);
    return lines.slice(expected.length);
  };
  return { stdio, output: () => ({ out: read(outFile), err: read(errFile) }) };
}
