import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { compiled, crac } from '../support/paths.js';
import { start } from '../support/start.js';
import { call, makePlace, type Place, startAttached } from './support.js';

/** A place whose processes use the real agent. */
function makeRealPlace(t: TestContext): Place {
  const place = makePlace(t);
  const { CRAC_AGENT: _, ...env } = place.env as Record<string, string>;
  return { ...place, env };
}

describe('crac prepare and crac resume', () => {
  it('make an unmodified program ready and let it go on, once as a restored one and once by its deadline', async (t) => {
    const place = makeRealPlace(t);
    const program = start(t, [crac, 'run', `${compiled}cli/programs/waiting.js`, 'first'], {
      env: place.env,
    });
    await program.waitFor(/count 2 of \d+, first/);

    const prepared = await call(t, place, 'prepare', 'waiting.js');
    assert.deepEqual([prepared.code, prepared.stderr], [0, '']);
    assert.equal(
      prepared.stdout,
      `OK: process ${program.pid} is prepared: take the snapshot, then call "crac resume ${program.pid}" within 300 s.\n`,
    );
    assert.equal(await isPrepared(t, place), true);
    const second = await call(t, place, 'prepare', 'waiting.js');
    assert.deepEqual([second.code, second.stdout], [1, '']);
    assert.match(
      second.stderr,
      /was not prepared\.\nCheckpointException .*\n {2}- .*ERR_CRAC_ALREADY_PREPARED/,
    );

    const resumed = await call(t, place, 'resume', String(program.pid), '--json', '--', 'second', '--flag');
    assert.deepEqual(JSON.parse(resumed.stdout), { pid: program.pid, kind: 'resumed', generation: 1 });
    await program.waitFor(new RegExp(`of ${program.pid}, second --flag`));
    const again = await call(t, place, 'resume', 'waiting.js');
    assert.match(again.stderr, /could not go on as it should\.\nCracException \[ERR_CRAC_NOT_PREPARED\]/);

    assert.equal((await call(t, place, 'prepare', 'waiting.js', '--deadline', '0.001')).code, 0);
    while (await isPrepared(t, place)) await sleep(10);
    program.child.kill('SIGKILL');
    const { stderr } = await program.ended;
    assert.match(stderr, /nobody resumed it within 1 ms: it goes on as the original/);
  });

  it('say every reason for which a process cannot be prepared', async (t) => {
    const place = makePlace(t);
    const program = await startAttached(t, place, { RESOURCES: 'throw' });
    const { code, stdout, stderr } = await call(t, place, 'prepare', String(program.pid));
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^crac: process \d+ was not prepared\.\nCheckpointException .*\n/);
    assert.match(
      stderr,
      /\[database\] Error: 3 queries are still running\n.*caused by TypeError: the pool is busy/,
    );
    await program.waitFor(/again/);
  });
});

/** What the process says of itself. */
async function isPrepared(t: TestContext, place: Place): Promise<boolean> {
  const [found] = JSON.parse((await call(t, place, 'ps', '--json')).stdout) as { prepared?: true }[];
  return found?.prepared ?? false;
}
