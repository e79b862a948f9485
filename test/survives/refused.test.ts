import { join } from 'node:path';
import { describe, it } from 'node:test';
import { assertSurvives } from '../support/image.js';
import { scratch } from '../support/scratch.js';

describe('what cannot travel is refused by name, and the process goes on', () => {
  it('refuses an open file', (t) =>
    assertSurvives(t, 'survives/programs/refused-file', { args: [fileOf(t)] }));
  it('refuses an established connection', (t) => assertSurvives(t, 'survives/programs/refused-connection'));
  it('refuses a datagram socket', (t) => assertSurvives(t, 'survives/programs/refused-dgram'));
  it('refuses a child process with pipes', (t) => assertSurvives(t, 'survives/programs/refused-child'));
  it('refuses a child process without pipes', (t) =>
    assertSurvives(t, 'survives/programs/refused-silent-child'));
  it('refuses a cluster', (t) => assertSurvives(t, 'survives/programs/refused-cluster'));
  it('names everything in one exception', (t) =>
    assertSurvives(t, 'survives/programs/refused-many', { args: [fileOf(t)] }));
});

function fileOf(t: Parameters<typeof scratch>[0]): string {
  return join(scratch(t), 'file.txt');
}
