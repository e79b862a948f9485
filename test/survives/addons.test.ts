import { describe, it } from 'node:test';
import { assertPasses, assertSurvives, checkpoint } from '../support/image.js';
import { needsNode } from '../support/requirements.js';
import { scratch } from '../support/scratch.js';

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
  it('keeps databases in WAL mode when the advice is followed', { skip: needsNode(22) }, async (t) => {
    const image = await checkpoint(t, 'survives/programs/sqlite-wal', {
      nodeArgs: ['--disable-warning=ExperimentalWarning'],
      args: [scratch(t), 'better-sqlite3'],
    });
    for (const rows of ['1', '2']) await assertPasses(t, image, { args: [rows] });
  });
});
