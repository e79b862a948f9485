import { describe, it } from 'node:test';
import { assertSurvives } from '../support/image.js';
import { scratch } from '../support/scratch.js';

describe('watchers of files', () => {
  it('go on with the same objects', (t) =>
    assertSurvives(t, 'survives/programs/watchers', { nodeArgs: ['--no-warnings'], args: [scratch(t)] }));
});
