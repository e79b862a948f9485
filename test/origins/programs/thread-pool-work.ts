/** Gives the thread pool what takes hours and says how it is named; ends itself by a signal, because an exit would wait. */
import { hkdf, pbkdf2, randomBytes, scryptSync } from 'node:crypto';
import { createRequire } from 'node:module';
import { brotliCompress, constants, createGzip, gzipSync } from 'node:zlib';
import { nameThreadPoolWork } from '#dist/origins/thread-pool-work.js';

createRequire(new URL('../../../../test/addons/package.json', import.meta.url))('@photostructure/sqlite');

/** Nothing of this is on the pool. */
const idle = [createGzip(), gzipSync('text'), scryptSync('password', 'salt', 8)];
await new Promise<void>((resolve) => hkdf('sha256', 'key', 'salt', '', 8, () => setImmediate(resolve)));

for (const each of ['one', 'two']) pbkdf2(each, 'salt', 2 ** 31 - 1, 64, 'sha512', () => {});
brotliCompress(
  randomBytes(2 ** 24),
  { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } },
  () => {},
);
process.stdout.write(`${nameThreadPoolWork(4)}\n${idle.length}\n`, () =>
  process.kill(process.pid, 'SIGKILL'),
);
