import { describe, it } from 'node:test';
import { assertSurvives } from '../support/image.js';

describe('threads', () => {
  it('keeps work on the thread pool', (t) => assertSurvives(t, 'survives/programs/thread-pool'));
  it('keeps workers and their messages, and starts new ones', (t) =>
    assertSurvives(t, 'survives/programs/workers'));
  it('keeps memory that workers share', (t) => assertSurvives(t, 'survives/programs/shared-memory'));
  it('keeps a worker that waits in Atomics.wait', (t) => assertSurvives(t, 'survives/programs/atomics-wait'));
});
