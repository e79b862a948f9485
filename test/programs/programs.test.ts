import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { freePorts } from '../support/free-ports.js';
import { startRestored } from '../support/image.js';
import { listening } from '../support/listening.js';
import { crac } from '../support/paths.js';
import { scratch } from '../support/scratch.js';
import { type Running, start } from '../support/start.js';
import { load, warmUp } from './load.js';
import { PROGRAMS_FOLDER, REAL_PROGRAMS, type RealProgram } from './real-programs.js';
import { talk } from './talk.js';
import { type Answer, transcript } from './transcript.js';

const COPIES = 3;
const WARM_UP = 200;
const LOAD = 300;
const TIMEOUT = 300_000;

/** What is asked besides HTTP. */
const CONVERSATIONS: Readonly<Record<string, (port: number) => Promise<unknown>>> = { 'socket.io': talk };

/** What a program says to all requests and in its conversation. */
interface Behaviour {
  readonly answers: readonly Answer[];
  readonly heard: unknown;
}

/** A program with its port and what it needs. */
interface Placed {
  readonly program: RealProgram;
  readonly name: string;
  readonly port: number;
  readonly folder: string;
}

describe('a program from npm is warmed, checkpointed by one command, and restored three times at once', () => {
  for (const [name, program] of Object.entries(REAL_PROGRAMS)) {
    it(name, async (t) => {
      const [port = 0, ...others] = await freePorts(COPIES + 1);
      const placed = { program, name, port, folder: scratch(t) };
      const plain = await plainly(t, placed);
      const image = await checkpoint(t, placed);
      const copies = others.map((other) => restore(t, image, port, other));
      await Promise.all(others.map((other) => answersLike(plain, placed, other)));
      await Promise.all(copies.map(end));
    });
  }
});

/** What the program does when it is started in the usual way. */
async function plainly(t: TestContext, placed: Placed): Promise<Behaviour> {
  const running = start(t, [process.execPath, ...placed.program.command], options(placed, 'plain'));
  await listening({ port: placed.port, host: '127.0.0.1' });
  const behaviour = await behaviourOf(placed, placed.port);
  await end(running);
  return behaviour;
}

/** One command line, as in the build of a container. */
async function checkpoint(t: TestContext, placed: Placed): Promise<string> {
  const image = join(placed.folder, 'image');
  const moment = ['--checkpoint-to', image, '--warm-up', warmUp(placed.program, WARM_UP)];
  const command = [crac, 'run', ...moment, ...placed.program.command];
  const { code, stdout, stderr } = await start(t, command, options(placed, 'image')).ended;
  assert.equal(code, 0, stdout + stderr);
  assert.ok(existsSync(join(image, 'process.core')), stderr);
  assert.doesNotMatch(stderr, /Warning|[1-9]\d* errors|Exception/);
  return image;
}

function restore(t: TestContext, image: string, from: number, to: number): Running {
  return startRestored(t, image, {
    command: [crac, 'restore'],
    options: ['--listen', `${from}=${to}`],
    timeout: TIMEOUT,
  });
}

/** Answers as a plain start does, before, under and after load. */
async function answersLike(plain: Behaviour, placed: Placed, port: number): Promise<void> {
  await listening({ port, host: '127.0.0.1' });
  assert.deepEqual(await behaviourOf(placed, port), plain);
  const { errors, timeouts, non2xx, resets, wrong, ...told } = await load(
    port,
    placed.program,
    plain.answers,
    LOAD,
  );
  assert.deepEqual(
    { errors, timeouts, non2xx, resets, wrong },
    { errors: 0, timeouts: 0, non2xx: 0, resets: 0, wrong: [] },
  );
  assert.equal(told['2xx'], LOAD);
  assert.deepEqual(await behaviourOf(placed, port), plain);
}

async function behaviourOf({ name, program }: Placed, port: number): Promise<Behaviour> {
  return { answers: await transcript(port, program), heard: await CONVERSATIONS[name]?.(port) };
}

async function end({ child, ended }: Running): Promise<void> {
  child.kill('SIGTERM');
  const { stderr } = await ended;
  assert.equal(stderr, '');
}

function options({ folder, port }: Placed, name: string): object {
  const policies = join(folder, 'policies');
  writeFileSync(policies, 'type: file\npath: **/*.db\naction: reopen\nchanged: allow\nwarn: false\n');
  return {
    cwd: PROGRAMS_FOLDER,
    timeout: TIMEOUT,
    env: {
      PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
      CRAC_RUNTIME_DIR: `${folder}/control`,
      CRAC_RESOURCE_POLICIES: policies,
      NODE_ENV: 'production',
      NEXT_TELEMETRY_DISABLED: '1',
      PORT: String(port),
      DATABASE: join(folder, `${name}.db`),
    },
  };
}
