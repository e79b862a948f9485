/** A database of `node:sqlite` in memory keeps its rows. */
import assert from 'node:assert/strict';
import { checkpoint, pass } from '../../support/program.js';

interface Database {
  exec(sql: string): void;
  prepare(sql: string): { get(): { readonly [name: string]: unknown } };
  close(): void;
}

const name = 'node:sqlite';
const { DatabaseSync } = (await import(name)) as { DatabaseSync: new (file: string) => Database };
const database = new DatabaseSync(':memory:');
database.exec("CREATE TABLE words (word TEXT); INSERT INTO words VALUES ('kept')");

await checkpoint();

assert.equal(database.prepare('SELECT word FROM words').get()['word'], 'kept');
database.close();
pass();
