import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { assertCheckpointed, assertSurvives, programFile, restore, startProgram } from '../support/image.js';
import { launcher } from '../support/paths.js';
import { firstOf, needsCommand, needsRoot, needsWorking } from '../support/requirements.js';
import { scratch } from '../support/scratch.js';
import { type Ended, runToEnd } from '../support/start.js';

const BEFORE_RENAME = ['threads-stopped', 'core-created', 'core-half-written', 'core-fsync'];
const PROGRAM = 'faults/programs/steady';

const withoutMounts = firstOf(needsRoot(), needsWorking(['unshare', '--mount', 'true'], 'mount namespaces'));

describe('a checkpoint that is killed', () => {
  for (const point of BEFORE_RENAME) {
    it(`leaves the old image whole at ${point}`, async (t) => {
      const directory = join(scratch(t), 'image');
      await killAt(t, point, directory, 'none');
      assert.equal(existsSync(join(directory, 'process.core')), false);
      await write(t, directory, 'old');
      await killAt(t, point, directory, 'new');
      await assertRestores(t, directory, 'old');
      await write(t, directory, 'next');
      await assertRestores(t, directory, 'next');
      assert.deepEqual(readdirSync(directory).sort(), ['manifest.json', 'process.core', 'score', 'tags']);
    });
  }

  it('has replaced the old image at core-renamed', async (t) => {
    const directory = join(scratch(t), 'image');
    await write(t, directory, 'old');
    await killAt(t, 'core-renamed', directory, 'new');
    await assertRestores(t, directory, 'new');
  });
});

describe('a checkpoint that cannot be written', () => {
  it('leaves the process and the old image as they were when the disk is full', {
    skip: withoutMounts,
  }, async (t) => {
    const folder = scratch(t);
    const ended = await runToEnd(
      t,
      [
        ...['unshare', '--mount', 'sh', '-c'],
        'mount -t tmpfs -o size=100m tmpfs "$1" && "$2" "$4" old && "$2" "$4" new 100; echo "status $?"; ls "$1/image"; "$3" "$1/image"',
        ...['sh', folder, process.execPath, launcher, programFile(PROGRAM)],
      ],
      { env: { CRAC_CHECKPOINT_TO: join(folder, 'image') } },
    );
    assert.match(ended.stdout, /^refused ERR_CRAC_\w+: .*(No space left|ENOSPC|disk is full).*$/m);
    assert.match(ended.stdout, /^status 3\nmanifest\.json\nprocess\.core\nscore\ntags\nrestored old\n$/m);
  });

  it('says so when the file system is read-only', { skip: withoutMounts }, async (t) => {
    const folder = scratch(t);
    const ended = await runToEnd(
      t,
      [
        ...['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs -o ro tmpfs "$1" && exec "$2" "$3"'],
        ...['sh', folder, process.execPath, programFile(PROGRAM)],
      ],
      { env: { CRAC_CHECKPOINT_TO: join(folder, 'image') } },
    );
    assertRefused(ended, /read-only|EROFS/i);
  });

  it('says so when the directory cannot be made', async (t) => {
    const file = join(scratch(t), 'file');
    writeFileSync(file, '');
    assertRefused(
      await startProgram(t, PROGRAM, { directory: join(file, 'image') }).ended,
      /not a directory|is no directory/i,
    );
    const missing = join(scratch(t), 'missing', 'deeper', 'image');
    assertRefused(
      await startProgram(t, PROGRAM, { directory: missing }).ended,
      /missing\/deeper is no directory/,
    );
  });

  it('says so when others could change the directory', async (t) => {
    const directory = join(scratch(t), 'image');
    mkdirSync(directory);
    chmodSync(directory, 0o777);
    const ended = await startProgram(t, PROGRAM, { directory }).ended;
    assertRefused(ended, /other users can change it/);
  });

  it('says so when the file would be too large', { skip: needsCommand('prlimit') }, async (t) => {
    const directory = join(scratch(t), 'image');
    await write(t, directory, 'old');
    const wrapper = ['prlimit', '--fsize=2000000'];
    const ended = await startProgram(t, PROGRAM, { directory, wrapper, args: ['new'] }).ended;
    assertRefused(ended, /too large|EFBIG/i);
    await assertRestores(t, directory, 'old');
  });

  it('says so when no descriptor is free', { skip: needsCommand('prlimit') }, (t) =>
    assertSurvives(t, 'faults/programs/no-descriptors', { wrapper: ['prlimit', '--nofile=128'] }),
  );
});

async function write(t: TestContext, directory: string, label: string): Promise<void> {
  assertCheckpointed(await startProgram(t, PROGRAM, { directory, args: [label] }).ended, directory);
}

async function killAt(t: TestContext, point: string, directory: string, label: string): Promise<void> {
  const env = { CRAC_FAULT: point };
  const { signal, stderr } = await startProgram(t, PROGRAM, { directory, args: [label], env }).ended;
  assert.equal(signal, 'SIGKILL', `The process was not killed at ${point}. ${stderr}`);
}

async function assertRestores(t: TestContext, directory: string, label: string): Promise<void> {
  const { code, stdout, stderr } = await restore(t, directory);
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: `restored ${label}\n`, stderr: '' });
}

function assertRefused({ code, signal, stdout, stderr }: Ended, sentence: RegExp): void {
  assert.equal(signal, null, `The process was ended by ${signal}: ${stderr}`);
  assert.equal(code, 3, `${stdout}${stderr}`);
  assert.match(stdout, /^refused ERR_CRAC_\w+: .+\n$/);
  assert.match(stdout, sentence);
}
