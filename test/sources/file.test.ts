import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { compiled, repository } from '../support/paths.js';
import { scratch } from '../support/scratch.js';
import { type Running, runToEnd, start } from '../support/start.js';

const script = join(repository, 'examples/snapshot-file/snapshot.sh');

describe('watchSnapshotFile()', () => {
  it('lets a shell script take snapshots, and undo what it could not take', async (t) => {
    const { file, program } = await watch(t);
    const taken = join(file, '../taken');
    const well = await runToEnd(t, [script, file, 'touch', taken]);
    assert.deepEqual([well.code, well.stderr, existsSync(taken)], [0, '', true]);
    const badly = await runToEnd(t, [script, file, 'false']);
    assert.deepEqual([badly.code, badly.stderr], [1, '']);
    await program.waitFor(
      /before\nevent prepared \nafter true\nhook after\nevent resumed \nhook 1 2\nbefore\nevent prepared \nafter false\nevent undone /,
    );
  });

  it('answers with every reason when the process cannot be prepared', async (t) => {
    const { file } = await watch(t, { FAIL: '1' });
    const { code, stderr } = await runToEnd(t, [script, file, 'true']);
    assert.equal(code, 1);
    assert.match(stderr, /^The program answers: failed .*\[database\] Error: 3 queries are still running/);
  });

  it('takes no line that is not written to its end', async (t) => {
    const { file, program } = await watch(t);
    appendFileSync(file, 'nonsense\nprepare 1');
    appendFileSync(file, '\nresume ');
    await answered(file, 'ready 1 (prepare)\n');
    appendFileSync(file, '1\n');
    await program.waitFor(/event resumed/);
  });

  it('does what the file says also when it comes late or was started anew, and nothing twice', async (t) => {
    const first = await watch(t);
    const { file } = first;
    writeFileSync(file, 'prepare 7\n');
    await answered(file, 'ready 7 (prepare)\n');
    first.program.child.kill('SIGKILL');
    await first.program.ended;
    const { program } = await watch(t, {}, file);
    await program.waitFor(/event prepared/);
    appendFileSync(file, 'resume 7\n');
    await answered(file, 'resumed 7 (resume)\n');
    program.child.kill('SIGKILL');
    await program.ended;
    const { program: third } = await watch(t, {}, file);
    appendFileSync(file, 'resume 8\n');
    await answered(file, 'renewed 8 (resume)\n');
    third.child.kill('SIGKILL');
    assert.equal((await third.ended).stdout, 'ready\nevent renewed \n');
  });
});

async function watch(
  t: TestContext,
  env: Record<string, string> = {},
  file: string = join(scratch(t), 'snapshot'),
): Promise<{ file: string; program: Running }> {
  const command = [process.execPath, join(compiled, 'sources/programs/driven.js'), 'file', '{}', file];
  const program = start(t, command, { env });
  await program.waitFor(/ready/);
  return { file, program };
}

/** Waits for an answer. */
async function answered(file: string, text: string): Promise<void> {
  const path = `${file}.answer`;
  while (!existsSync(path) || readFileSync(path, 'utf8') !== text) await sleep(5);
}
