import assert from 'node:assert/strict';
import { existsSync, truncateSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { RUNTIME_RESOURCES } from '#dist/runtime/runtime.js';
import { startProgram } from '../support/image.js';
import { crac } from '../support/paths.js';
import { scratch } from '../support/scratch.js';
import { type Ended, runToEnd } from '../support/start.js';

/** Runs `crac check --after-restore` under the Node of this test. */
function compareCopies(t: TestContext, directory: string): Promise<Ended> {
  return runToEnd(t, [crac, 'check', '--after-restore', directory, '--json'], {
    env: { PATH: `${dirname(process.execPath)}:${process.env['PATH']}` },
    timeout: 60_000,
  });
}

test('copies are compared without the application, also while the original holds their port', async (t) => {
  const folder = scratch(t);
  const [directory, trace] = [join(folder, 'image'), join(folder, 'trace')];
  const original = startProgram(t, 'survives/programs/self-tested', {
    directory,
    args: [trace],
    env: { KEEP_RUNNING: '1' },
  });
  await original.waitFor(/port \d+/);
  for (const end = Date.now() + 20_000; !existsSync(join(directory, 'process.core')); ) {
    assert.ok(Date.now() < end, 'there is no image');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const { code, stdout, stderr } = await compareCopies(t, directory);
  assert.equal(stderr, '');
  const { unique, resources } = JSON.parse(stdout) as { unique: boolean; resources: { name: string }[] };
  assert.deepEqual([code, unique], [0, true], stdout);
  assert.deepEqual(
    resources.map(({ name }) => name),
    RUNTIME_RESOURCES.map(({ name }) => name).reverse(),
  );
  assert.equal(existsSync(trace), false, 'the application heard of a restore');
  process.kill(original.pid, 'SIGTERM');
  await original.ended;
});

test('an image that cannot be restored is named, with the exit code of the launcher', async (t) => {
  const directory = join(scratch(t), 'image');
  const missing = await compareCopies(t, directory);
  assert.equal(missing.code, 66);
  assert.match(missing.stderr, /^crac: Cannot compare copies of .*: .*no image directory/);
  const ended = await startProgram(t, 'survives/programs/counter', { directory }).ended;
  assert.equal(ended.code, 0, ended.stderr);
  truncateSync(join(directory, 'process.core'), 100);
  assert.equal((await compareCopies(t, directory)).code, 65);
});
