import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import {
  assertCheckpointed,
  assertPassed,
  assertPasses,
  restore,
  startProgram,
  startRestored,
} from '../support/image.js';
import { crac, repository } from '../support/paths.js';
import { isInMemory } from '../support/process-memory.js';
import { scratch } from '../support/scratch.js';
import { type Running, runToEnd } from '../support/start.js';

/** Written like no other text, and in no source as it is. */
const PASSWORD = ['pw', 'Ek7', 'zq9', 'wmX'].join('-');
const AGAIN = ['again', 'Rj5', 'hd2', 'ybL'].join('-');
const CONTENT = ['file', 'Vu3', 'bn5', 'tkQ'].join('-');

describe('a Secret', () => {
  for (const how of ['started with it', 'assigned', 'assigned by a worker']) {
    it(`is in no page of the image (${how})`, async (t) => {
      const { directory } = await take(t, how);
      for (const text of [PASSWORD, CONTENT]) {
        const { code, stdout } = await search(t, directory, text);
        assert.deepEqual([code, JSON.parse(stdout).secrets.hits], [0, []]);
      }
    });
  }

  it('is what the restorer brings', async (t) => {
    const { directory, file } = await take(t, 'once');
    writeFileSync(file, 'restored-file\n');
    await assertPasses(t, directory, { env: { TEST_PASSWORD: 'restored-password' } });
  });

  it('that comes from a file is in no page of the image of a restored process', async (t) => {
    const { directory, file } = await take(t, 'again');
    writeFileSync(file, AGAIN);
    const second = join(scratch(t), 'second');
    const env = { TEST_PASSWORD: 'restored-password', CRAC_CHECKPOINT_TO: second };
    assertCheckpointed(await restore(t, directory, { env }), second);
    for (const text of [AGAIN, PASSWORD]) {
      const { code, stdout } = await search(t, second, text);
      assert.deepEqual([code, JSON.parse(stdout).secrets.hits], [0, []], text);
    }
  });

  it('is missed by name when the restorer brings none', async (t) => {
    const { directory } = await take(t, 'once');
    const { code, stderr } = await restore(t, directory);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /Cannot read secret TEST_PASSWORD: the environment variable TEST_PASSWORD is not set\./,
    );
  });

  it('stays in a process that goes on', async (t) => {
    const { directory, file, ended } = await take(t, 'running');
    assertPassed(ended);
    assert.equal((await search(t, directory, PASSWORD)).code, 0);
    writeFileSync(file, 'restored-file\n');
    await assertPasses(t, directory, { env: { TEST_PASSWORD: 'restored-password' } });
  });
});

describe('a Secret of a worker thread', () => {
  it('is in no memory of a process that was prepared, and is read again when it is resumed', async (t) => {
    const { program, files } = await startWorkers(t, 'prepare', 'resume');
    for (const text of [CONTENT, AGAIN]) assert.ok(isInMemory(program.pid, Buffer.from(text)), text);
    await next(program, 'prepare');
    for (const text of [CONTENT, AGAIN]) assert.ok(!isInMemory(program.pid, Buffer.from(text)), text);
    for (const file of files) writeFileSync(file, 'resumed');
    assert.equal(await next(program, 'resume'), 'done resume resumed resumed');
  });

  it('is in no page of the image, and is what the restorer has', async (t) => {
    const { program, files, directory } = await startWorkers(t, 'checkpoint');
    program.child.kill('SIGUSR2');
    assertCheckpointed(await program.ended, directory);
    for (const text of [CONTENT, AGAIN]) {
      const { code, stdout } = await search(t, directory, text);
      assert.deepEqual([code, JSON.parse(stdout).secrets.hits], [0, []], text);
    }
    for (const file of files) writeFileSync(file, 'restored');
    const restored = startRestored(t, directory);
    await restored.waitFor(/done checkpoint restored restored\n/);
    restored.child.kill('SIGKILL');
  });

  it('stays in a process that goes on, and is in no page of its image', async (t) => {
    const { program, files, directory } = await startWorkers(t, 'continue');
    for (const file of files) writeFileSync(file, 'nobody reads it again');
    assert.equal(await next(program, 'continue'), `done continue ${CONTENT} ${AGAIN}`);
    for (const text of [CONTENT, AGAIN]) assert.equal((await search(t, directory, text)).code, 0, text);
  });

  it('stays where its thread is blocked, which is named', async (t) => {
    const { program } = await startWorkers(t, 'block', 'prepare');
    await next(program, 'block');
    assert.match(
      await next(program, 'prepare'),
      /^refused prepare: .*beforeCheckpoint of worker thread 1 did not end within the 1000 ms/,
    );
  });
});

describe('the value of a plain variable', () => {
  it('is found in the image, and not shown', async (t) => {
    const { directory } = await take(t, 'plain');
    const { code, stdout } = await search(t, directory, PASSWORD);
    assert.equal(code, 1);
    const { hits, searched } = JSON.parse(stdout).secrets;
    assert.deepEqual(searched, ['TEST_PASSWORD']);
    assert.ok(
      hits.some(({ place }: { place: string }) => place === 'environment'),
      stdout,
    );
    assert.ok(
      hits.some(({ place }: { place: string }) => place === 'anonymous'),
      stdout,
    );
    assert.ok(!stdout.includes(PASSWORD));
  });
});

async function take(t: TestContext, how: string) {
  const file = join(scratch(t), 'secret');
  writeFileSync(file, `${CONTENT}\n`);
  const directory = join(scratch(t), 'image');
  const ended = await startProgram(t, 'survives/programs/secret', {
    directory,
    args: [file, how],
    env: { TEST_PASSWORD: PASSWORD },
  }).ended;
  assertCheckpointed(ended, directory);
  return { directory, file, ended };
}

async function startWorkers(t: TestContext, ...words: string[]) {
  const files = [CONTENT, AGAIN].map((text) => {
    const file = join(scratch(t), 'secret');
    writeFileSync(file, text);
    return file;
  });
  const directory = join(scratch(t), 'image');
  const program = startProgram(t, 'survives/programs/worker-secrets', {
    directory,
    nodeArgs: ['--import', `${repository}dist/register.js`],
    args: [...files, ...words],
  });
  await program.waitFor(/ready\n/);
  return { program, files, directory };
}

/** Has the program do what comes next, and gives its answer. */
async function next(program: Running, word: string): Promise<string> {
  program.child.kill('SIGUSR2');
  const [, line = ''] = await program.waitFor(new RegExp(`^((?:done|refused) ${word}.*)\n`, 'm'));
  return line;
}

function search(t: TestContext, directory: string, text: string) {
  const env = { ...process.env, TEST_PASSWORD: text } as Record<string, string>;
  const options = ['--grep-secrets', '--env', 'TEST_PASSWORD', '--json'];
  return runToEnd(t, [crac, 'inspect', directory, ...options], { env });
}
