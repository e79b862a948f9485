import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { get } from 'node:http';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { freePorts } from '../support/free-ports.js';
import { startRestored } from '../support/image.js';
import { listening } from '../support/listening.js';
import { crac, repository } from '../support/paths.js';
import { scratch } from '../support/scratch.js';
import { type Running, type StartOptions, start } from '../support/start.js';

const FOLDER = `${repository}test/suites/`;
const TIMEOUT = 300_000;

/** A framework's own tests, run by a server of that framework when it is asked for `/suite`. */
interface Suite {
  readonly nodeArgs: readonly string[];
  readonly host: string;
  readonly cwd: string;
  /** How many tests pass at least. */
  readonly passing: number;
  /** Value of `CRAC_RUNTIME_DIR`. */
  readonly sockets: string;
}

const EXPRESS: Omit<Suite, 'sockets'> = {
  nodeArgs: [],
  host: `${FOLDER}express-host.mjs`,
  cwd: `${FOLDER}express`,
  passing: 1200,
};

const FASTIFY: Omit<Suite, 'sockets'> = {
  nodeArgs: [`--test-reporter=${FOLDER}lines.mjs`],
  host: `${FOLDER}fastify-host.mjs`,
  cwd: FOLDER,
  passing: 1800,
};

describe('a suite has the same result in a restored process as in a plain one', () => {
  const skip = existsSync(EXPRESS.cwd)
    ? false
    : 'its package on npm has no tests, and those of the Debian source package node-express could not be fetched';
  it("Express's", { skip }, (t) => assertSame(t, EXPRESS));

  it("Fastify's", (t) => assertSame(t, FASTIFY));
});

async function assertSame(t: TestContext, given: Omit<Suite, 'sockets'>): Promise<void> {
  const suite = { ...given, sockets: scratch(t) };
  const [port = 0, other = 0] = await freePorts(2);
  const image = await checkpoint(t, suite, port);
  const plain = start(t, [process.execPath, ...suite.nodeArgs, suite.host], options(suite, other));
  const restored = startRestored(t, image, { ...options(suite, port), options: ['--cwd', 'image'] });
  const [expected, found] = await Promise.all([resultOf(plain, other), resultOf(restored, port)]);
  assert.deepEqual(found, expected);
  const passed = expected.lines.filter((line) => line.startsWith('ok '));
  assert.ok(passed.length >= suite.passing, `Only ${passed.length} tests passed.`);
}

/** A server that has answered some requests. */
async function checkpoint(t: TestContext, suite: Suite, port: number): Promise<string> {
  const image = join(scratch(t), 'image');
  const moment = ['--checkpoint-to', image, '--checkpoint-when', 'requests=20'];
  const running = start(t, [crac, 'run', ...moment, ...suite.nodeArgs, suite.host], options(suite, port));
  await listening({ port, host: '127.0.0.1' });
  for (let count = 0; count < 20; count++) await ask(port, '/');
  const { code, stderr, stdout } = await running.ended;
  assert.equal(code, 0, stdout + stderr);
  return image;
}

/** One line for each test, and how the process ended. */
async function resultOf(running: Running, port: number): Promise<{ code: number | null; lines: string[] }> {
  await listening({ port, host: '127.0.0.1' });
  await ask(port, '/suite');
  const { code, stdout, stderr } = await running.ended;
  const lines = stdout.split('\n').filter((line) => /^(ok|not ok|skip) /.test(line));
  assert.ok(lines.length > 0, stderr);
  return { code, lines };
}

async function ask(port: number, path: string): Promise<void> {
  await new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, agent: false }, (response) =>
      response.resume().once('end', resolve),
    ).on('error', reject);
  });
}

function options({ cwd, sockets }: Suite, port: number): StartOptions {
  return {
    cwd,
    timeout: TIMEOUT,
    env: {
      PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
      CRAC_RUNTIME_DIR: sockets,
      NODE_ENV: 'test',
      NO_DEPRECATION: 'body-parser,express',
      PORT: String(port),
    },
  };
}
