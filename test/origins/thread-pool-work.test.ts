import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { programFile } from '../support/image.js';
import { repository } from '../support/paths.js';
import { runToEnd } from '../support/start.js';

const MANIFEST = `${repository}test/addons/node_modules/@photostructure/sqlite/package.json`;

test('what is on the thread pool is named by the module that works there, and the rest by the addons', async (t) => {
  const { version } = JSON.parse(readFileSync(MANIFEST, 'utf8'));
  const { stdout, stderr } = await runToEnd(t, [
    process.execPath,
    programFile('origins/programs/thread-pool-work'),
  ]);
  const [names = ''] = stdout.split('\n');
  assert.deepEqual(
    new Set(names.split(', ')),
    new Set([
      '2 node:crypto PBKDF2',
      '1 node:zlib BrotliEncoder',
      `1 of a native addon (@photostructure/sqlite ${version})`,
    ]),
    stderr,
  );
});
