/**
 * Databases in WAL mode, on files of a folder: refused with advice, which is then followed. Arguments: the folder, and an addon to open one of them;
 * the argument of a restored process is the number of rows that it must find.
 */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { getGlobalContext } from 'node-crac';
import { checkpoint, pass } from '../../support/program.js';
import { assertRefused } from '../../support/refused.js';

interface Database {
  exec(sql: string): void;
  prepare(sql: string): { get(): { readonly [name: string]: unknown } };
  close(): void;
}
type DatabaseClass = new (file: string) => Database;

const [, , folder = '', addon = ''] = process.argv;
const require = createRequire(new URL('../../../../test/programs/package.json', import.meta.url));
const { DatabaseSync } = require('node:sqlite') as { DatabaseSync: DatabaseClass };
const databases = [
  new DatabaseSync(join(folder, 'one.db')),
  new (require(addon) as DatabaseClass)(join(folder, 'two.db')),
];
const all = (sql: string): void => {
  for (const database of databases) database.exec(sql);
};
all('PRAGMA journal_mode = WAL');
all('CREATE TABLE rows (id INTEGER PRIMARY KEY)');
all('INSERT INTO rows DEFAULT VALUES');

await assertRefused('CheckpointOpenFileException', /in WAL mode .* PRAGMA journal_mode = DELETE before/);
const policies = [
  { type: 'file', path: `${folder}/**`, action: 'reopen', changed: 'allow', warn: false },
] as const;
await assert.rejects(checkpoint({ policies }), /\.db-shm: the index of an SQLite database in WAL mode/);

getGlobalContext().register({
  beforeCheckpoint: () => all('PRAGMA journal_mode = DELETE'),
  afterRestore: () => all('PRAGMA journal_mode = WAL'),
});
await checkpoint({ policies });

for (const database of databases) {
  assert.equal(database.prepare('PRAGMA journal_mode').get()['journal_mode'], 'wal');
  assert.equal(
    database.prepare('SELECT count(*) AS count FROM rows').get()['count'],
    Number(process.argv[2]),
  );
  database.exec('INSERT INTO rows DEFAULT VALUES');
  assert.equal(database.prepare('PRAGMA integrity_check').get()['integrity_check'], 'ok');
  database.close();
}
pass();
