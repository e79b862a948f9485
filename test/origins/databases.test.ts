import assert from 'node:assert/strict';
import { test } from 'node:test';
import { libraryOf } from '#dist/origins/databases.js';

const BETTER = { name: 'better-sqlite3', version: '12.11.1' };
const OTHER = { name: 'sqlite3', version: '5.1.7' };

test('a database belongs to the one library for SQLite that is loaded, or to Node.js', () => {
  assert.deepEqual(libraryOf([{ name: 'bcrypt', version: '6.0.0' }, BETTER]), BETTER);
  assert.equal(libraryOf([{ name: '@libsql/linux-x64-gnu' }]).name, 'libsql');
  assert.deepEqual(libraryOf([]), { name: 'node:sqlite' });
});

test('where several are loaded, none is blamed alone', () => {
  assert.deepEqual(libraryOf([OTHER, BETTER]), { name: 'better-sqlite3 or sqlite3' });
});
