import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { repository } from '../support/paths.js';
import { detailsOf, startExplained, startServer } from './support.js';

/** What the advice must say. */
const LIBRARIES: Readonly<Record<string, RegExp>> = {
  pg: /pool\.idleCount/,
  ioredis: /redis\.disconnect\(\)/,
  mysql2: /pool\.end\(\)/,
  pino: /policy "reopen"/,
  winston: /policy "reopen"/,
};

describe('crac explain names the library and what helps with it', () => {
  for (const [library, advice] of Object.entries(LIBRARIES)) {
    it(library, async (t) => {
      const port = String(await startServer(t));
      const { explain } = await startExplained(t, 'origins/programs/library', [library, port]);
      const { obstacles } = await explain();
      const [found] = obstacles.map(detailsOf).filter(({ owner }) => owner !== undefined);
      const manifest = join(repository, `test/libraries/node_modules/${library}/package.json`);
      const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
      assert.deepEqual(found?.owner, { name: library, version });
      assert.match(found?.advice ?? '', advice);
    });
  }
});
