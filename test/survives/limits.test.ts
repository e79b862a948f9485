import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { checkpoint, programFile, restore } from '../support/image.js';
import { runToEnd } from '../support/start.js';

const MEGABYTE = 2 ** 20;
const SMALL = 1024 * MEGABYTE;

describe('what a program was laid out for', () => {
  it('gives way to a smaller control group, as if Node.js had been started there', async (t) => {
    const group = createGroup(t, SMALL);
    if (group === undefined) return t.skip('needs a memory control group');
    const image = await checkpoint(t, 'survives/programs/limits');
    const { code, stdout, stderr } = await restore(t, image, { wrapper: group });
    assert.equal(code, 0, stderr);
    assert.match(
      stderr,
      /\[WARN_CRAC_HEAP_LIMIT\] CracWarning: The heap may grow to \d+ MB, but there are only 1024 MB of memory here: its limit is \d+ MB now/,
    );
    const command = [...group, process.execPath, programFile('survives/programs/limits')];
    const started = await runToEnd(t, command, { env: { WITHOUT_CHECKPOINT: '1' } });
    const [ours, theirs] = [Number(stdout), Number(started.stdout)];
    assert.ok(Math.abs(ours - theirs) < 0.3 * theirs && ours < SMALL, `${ours} is far from ${theirs}`);
  });

  it('is kept, with a warning, when the owner has chosen it', async (t) => {
    const group = createGroup(t, SMALL);
    if (group === undefined) return t.skip('needs a memory control group');
    const image = await checkpoint(t, 'survives/programs/limits', {
      nodeArgs: ['--max-old-space-size=2000'],
    });
    const { code, stdout, stderr } = await restore(t, image, { wrapper: group });
    assert.equal(code, 0, stderr);
    assert.match(stderr, /only 1024 MB of memory here: the process may be killed/);
    assert.ok(Number(stdout) >= 2000 * MEGABYTE);
  });

  it('is no matter on the same machine', async (t) => {
    const image = await checkpoint(t, 'survives/programs/limits', { env: { UV_THREADPOOL_SIZE: '6' } });
    assert.equal((await restore(t, image, { env: { UV_THREADPOOL_SIZE: '6' } })).stderr, '');
    assert.equal((await restore(t, image)).stderr, '');
  });

  it('includes the size of the thread pool that was started', async (t) => {
    const image = await checkpoint(t, 'survives/programs/limits', { env: { UV_THREADPOOL_SIZE: '6' } });
    const { stderr } = await restore(t, image, { env: { UV_THREADPOOL_SIZE: '12' } });
    assert.match(stderr, /\[WARN_CRAC_THREADPOOL_SIZE\] .*started with 6 threads.*UV_THREADPOOL_SIZE=12/);
    const { limits } = JSON.parse(readFileSync(join(image, 'manifest.json'), 'utf8'));
    assert.equal(limits.threadPool, 6);
  });
});

/** The words with which a command runs in a control group of its own, if the kernel lets this process make one. */
function createGroup(t: TestContext, bytes: number): readonly string[] | undefined {
  const lines = readFileSync('/proc/self/cgroup', 'utf8').trim().split('\n');
  const own = (pattern: RegExp): string =>
    lines.find((line) => pattern.test(line))?.replace(/^.*?:.*?:/, '') ?? '';
  const old = existsSync('/sys/fs/cgroup/memory');
  const parent = old ? join('/sys/fs/cgroup/memory', own(/:memory:/)) : join('/sys/fs/cgroup', own(/^0::/));
  const folder = join(parent, `node-crac-${process.pid}-${Math.random().toString(36).slice(2)}`);
  try {
    mkdirSync(folder);
    t.after(() => rmdirSync(folder));
    writeFileSync(join(folder, old ? 'memory.limit_in_bytes' : 'memory.max'), String(bytes));
  } catch {
    return undefined;
  }
  return ['sh', '-c', 'echo $$ > "$0/cgroup.procs" && exec "$@"', folder];
}
