/** A database in the memory of `node:sqlite`, or of the addon that is its like, keeps its rows. Argument: which. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { checkpoint, pass } from '../../support/program.js';

interface Statement {
  run(...values: unknown[]): unknown;
  get(...values: unknown[]): { readonly [name: string]: unknown };
}
interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

const require = createRequire(new URL('../../../../test/addons/package.json', import.meta.url));
const { DatabaseSync } = require(process.argv[2] ?? '') as { DatabaseSync: new (file: string) => Database };
const database = new DatabaseSync(':memory:');
database.exec('CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT)');
const insert = database.prepare('INSERT INTO words (word) VALUES (?)');
for (let index = 0; index < 1000; index++) insert.run(`word ${index}`);
database.exec('BEGIN');
insert.run('in a transaction');

await checkpoint();

assert.equal(database.prepare('SELECT word FROM words WHERE id = ?').get(500)['word'], 'word 499');
database.exec('ROLLBACK');
insert.run('after');
assert.equal(database.prepare('SELECT count(*) AS count FROM words').get()['count'], 1001);
database.close();
pass();
