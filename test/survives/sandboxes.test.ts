import assert from 'node:assert/strict';
import { chownSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { assertPassed, assertPasses, checkpoint, programFile, restore } from '../support/image.js';
import { compiled } from '../support/paths.js';
import { firstOf, needsCommand, needsRoot, needsWorking } from '../support/requirements.js';
import { scratch } from '../support/scratch.js';

const NOBODY = 65_534;
const POWERLESS = [
  ...['setpriv', '--reuid', String(NOBODY), '--regid', String(NOBODY), '--clear-groups'],
  ...['--inh-caps=-all', '--bounding-set=-all', '--no-new-privs'],
];
const CONTAINER = [`${compiled}support/container`];
const PID_NAMESPACE = ['unshare', '--pid', '--fork', '--mount-proc'];
const USER_NAMESPACE = ['unshare', '--user', '--map-root-user'];

const withoutNobody = firstOf(
  needsRoot(),
  needsCommand('setpriv'),
  needsWorking(
    [...POWERLESS, process.execPath, '--check', programFile('support/program')],
    'a checkout that every user can read',
  ),
);
const withoutPidNamespace = firstOf(needsRoot(), needsWorking([...PID_NAMESPACE, 'true'], 'PID namespaces'));
const withoutUserNamespace = needsWorking([...USER_NAMESPACE, 'true'], 'user namespaces');
const programs = ['survives/programs/workers', 'survives/programs/spawn-after', 'survives/programs/wasm'];

describe('sandboxes', () => {
  it('works as a user without any privilege', { skip: withoutNobody }, (t) => checkAll(t, POWERLESS));
  it("works under a container's system call filter", (t) => checkAll(t, CONTAINER));
  it('works as such a user under such a filter', { skip: withoutNobody }, (t) =>
    checkAll(t, [...POWERLESS, ...CONTAINER]),
  );
  it('works in a user namespace', { skip: withoutUserNamespace }, (t) => checkAll(t, USER_NAMESPACE));

  it('restores under a filter what was checkpointed without, where no io_uring is in the image', async (t) => {
    const image = await checkpoint(t, 'survives/programs/counter', { env: { UV_USE_IO_URING: '0' } });
    const ended = await restore(t, image, { wrapper: CONTAINER });
    if (ended.code !== 78) return assertPassed(ended);
    assert.match(ended.stderr, /io_uring/);
  });

  it('restores as PID 1 of a PID namespace', { skip: withoutPidNamespace }, async (t) => {
    const image = await checkpoint(t, 'survives/programs/identity');
    const { stdout, stderr, code } = await restore(t, image, { wrapper: PID_NAMESPACE });
    assert.equal(code, 0, stderr);
    assert.equal((JSON.parse(stdout) as { pid: number }).pid, 1);
    const spawning = await checkpoint(t, 'survives/programs/spawn-after');
    await assertPasses(t, spawning, { wrapper: PID_NAMESPACE });
  });

  it('checkpoints PID 1 of a PID namespace', { skip: withoutPidNamespace }, async (t) => {
    const image = await checkpoint(t, 'survives/programs/workers', { wrapper: PID_NAMESPACE });
    await assertPasses(t, image);
    await assertPasses(t, image, { wrapper: PID_NAMESPACE });
  });

  it('keeps busy workers whose thread numbers are small', { skip: withoutPidNamespace }, async (t) => {
    const image = await checkpoint(t, 'survives/programs/busy-workers', { wrapper: PID_NAMESPACE });
    await assertPasses(t, image, { timeout: 20_000 });
    await assertPasses(t, image, { wrapper: PID_NAMESPACE, timeout: 20_000 });
  });
});

async function checkAll(t: TestContext, wrapper: readonly string[]): Promise<void> {
  const folder = scratch(t);
  if (wrapper[0] === 'setpriv') chownSync(folder, NOBODY, NOBODY);
  for (const [index, program] of programs.entries()) {
    const directory = join(folder, String(index));
    await assertPasses(t, await checkpoint(t, program, { directory, wrapper, cwd: folder }), {
      wrapper,
      cwd: folder,
    });
  }
}
