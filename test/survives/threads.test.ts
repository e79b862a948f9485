import { describe, it } from 'node:test';
import { buildProgram, needsCompiler } from '../native/build-program.js';
import { assertSurvives } from '../support/image.js';
import { needsRoot } from '../support/requirements.js';

/** How often the moment is tried. */
const BUSY_IMAGES = 5;

describe('threads', () => {
  it('keeps work on the thread pool', (t) => assertSurvives(t, 'survives/programs/thread-pool'));
  it('keeps workers and their messages, and starts new ones', (t) =>
    assertSurvives(t, 'survives/programs/workers'));
  it('keeps memory that workers share', (t) => assertSurvives(t, 'survives/programs/shared-memory'));
  it('keeps workers that compute and collect garbage at that moment', async (t) => {
    for (let image = 0; image < BUSY_IMAGES; image++)
      await assertSurvives(t, 'survives/programs/busy-workers', { timeout: 20_000 });
  });
  it('keeps threads of addons, behind whose stack and code nothing is', { skip: needsCompiler() }, (t) =>
    assertSurvives(t, 'survives/programs/edges', { args: [buildProgram('edges.node')] }),
  );
  it('lets all of them become the user that the restored process becomes', { skip: needsRoot() }, (t) =>
    assertSurvives(t, 'survives/programs/other-user'),
  );
  it('keeps a worker that waits in Atomics.wait', (t) => assertSurvives(t, 'survives/programs/atomics-wait'));
});
