import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as later } from 'node:timers/promises';
import { Context } from 'node-crac';
import { createDateCache } from '#dist/runtime/date-cache.js';
import { createHttp } from '#dist/runtime/http.js';
import { continued } from '../core/recorder.js';
import { checkpoint, restore } from '../support/image.js';
import { repository } from '../support/paths.js';

interface Ages {
  readonly direct: number;
  readonly served: number;
  readonly answers: number;
}

const PRELOAD = ['--import', `${repository}dist/register.js`];
/** Milliseconds between a checkpoint and its restore. */
const PAUSE = 3000;

/** Restores the program after a pause, in which its clock stands still: the timer that empties the cache is not due. */
async function measure(
  t: TestContext,
  clock: string,
  { runtime = '', args = [] }: { runtime?: string; args?: readonly string[] } = {},
): Promise<Ages> {
  const image = await checkpoint(t, 'runtime/programs/date-header', {
    env: { CRAC_RUNTIME: runtime },
    nodeArgs: PRELOAD,
    args,
  });
  await later(PAUSE);
  const { stdout, stderr, code } = await restore(t, image, { options: ['--clock', clock] });
  assert.equal(stderr, '');
  assert.equal(code, 0);
  return JSON.parse(stdout) as Ages;
}

for (const clock of ['wall', 'freeze']) {
  test(`the first answers carry today's date, and connections last as long as they should, with --clock ${clock}`, async (t) => {
    const { direct, served, answers } = await measure(t, clock);
    assert.ok(direct <= 1000, `The date of the first answer is ${direct} ms old.`);
    assert.ok(served <= 1000, `The date of the first answer on a connection is ${served} ms old.`);
    assert.equal(answers, 2);
  });
}

test("the first answers of a worker thread carry today's date", async (t) => {
  const { direct, served } = await measure(t, 'freeze', { args: ['worker'] });
  assert.ok(direct <= 1000, `The date of the first answer is ${direct} ms old.`);
  assert.ok(served <= 1000, `The date of the first answer on a connection is ${served} ms old.`);
});

test('without the repair they carry the date of the checkpoint', async (t) => {
  const { direct } = await measure(t, 'freeze', { runtime: '-http' });
  assert.ok(direct >= PAUSE - 1000, `The date of the first answer is ${direct} ms old.`);
});

test('the function that empties the cache is found in this Node, also while the cache is full', async () => {
  await import('node:http');
  assert.equal(createDateCache().find(), true);
  assert.equal(createDateCache().find(), true);
  assert.equal(createHttp({ dateCache: createDateCache() }).problem?.(), undefined);
});

test('where it is not found the checkpoint waits until the cache is empty, and says so', async () => {
  const repair = createHttp({ dateCache: { find: () => false, empty() {} } });
  const start = performance.now();
  const context = new Context();
  await repair.beforeCheckpoint(context, { signal: new AbortController().signal });
  assert.ok(performance.now() - start > 1000);
  assert.match(repair.problem?.() ?? '', /Date header was not found/);
});

test('the cache is emptied in a restored process only', async () => {
  let emptied = 0;
  const repair = createHttp({
    dateCache: {
      find: () => true,
      empty() {
        emptied++;
      },
    },
  });
  const notice = { signal: new AbortController().signal };
  await repair.afterRestore(new Context(), continued, notice);
  assert.equal(emptied, 0);
  await repair.afterRestore(new Context(), { ...continued, restored: true }, notice);
  assert.equal(emptied, 1);
});
