import { join } from 'node:path';
import { describe, it } from 'node:test';
import { assertCheckpointed, assertPassed, restore, startProgram } from '../support/image.js';
import { scratch } from '../support/scratch.js';
import { startMysql, startPostgres, startRedis } from './database-servers.js';

describe('pg, ioredis, mysql2, pino and winston go on in each copy when the advice of crac explain is followed', () => {
  for (const way of ['code', 'policy']) {
    it(way === 'code' ? 'by code' : 'by policies where they are enough', async (t) => {
      const servers = await Promise.all([startPostgres(t), startRedis(t), startMysql(t)]);
      const folder = scratch(t);
      const directory = join(folder, 'image');
      const args = [way, ...servers.map(({ port }) => String(port)), folder];
      const running = startProgram(t, 'origins/programs/follows-advice', { directory, args });
      assertCheckpointed(await running.ended, directory);
      while (servers.some(({ count }) => count() > 0)) await new Promise((resolve) => setImmediate(resolve));
      assertPassed(await restore(t, directory));
    });
  }
});
