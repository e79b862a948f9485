import { describe, it } from 'node:test';
import { assertSurvives } from '../support/image.js';
import { needsNode } from '../support/requirements.js';

describe('native addons', () => {
  it('keeps libsql with the sockets of its own threads', (t) =>
    assertSurvives(t, 'survives/programs/addon-libsql'));
  it('keeps an SQL database in the memory of an addon', (t) =>
    assertSurvives(t, 'survives/programs/sqlite', { args: ['@photostructure/sqlite'] }));
  it('keeps sharp with threads of its own', (t) => assertSurvives(t, 'survives/programs/addon-sharp'));
  it('keeps a database of node:sqlite', { skip: needsNode(22) }, (t) =>
    assertSurvives(t, 'survives/programs/sqlite', {
      nodeArgs: ['--disable-warning=ExperimentalWarning'],
      args: ['node:sqlite'],
    }),
  );
});
