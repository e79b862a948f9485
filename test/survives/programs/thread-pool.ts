/** Work on the thread pool that was in flight ends before the checkpoint with the right results, and new work runs. */
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { getGlobalContext } from 'node-crac';
import { checkpoint, pass } from '../../support/program.js';

const scrypt = promisify(crypto.scrypt) as (
  password: string,
  salt: string,
  length: number,
) => Promise<Buffer>;
const pbkdf2 = promisify(crypto.pbkdf2);
const text = Buffer.alloc(1 << 20, 'compress me ');
const inFlight = [
  ...Array.from({ length: 6 }, (_, index) => scrypt(`password ${index}`, 'salt', 32)),
  ...Array.from({ length: 4 }, (_, index) => pbkdf2(`password ${index}`, 'salt', 20_000, 32, 'sha256')),
];
const deflated = promisify(zlib.deflate)(text);

let atCheckpoint = 0;
for (const each of [...inFlight, deflated]) void each.then(() => (atCheckpoint += 1));
getGlobalContext().register({
  beforeCheckpoint() {},
  afterRestore: () => assert.equal(atCheckpoint, 11, 'The checkpoint did not wait.'),
});

await checkpoint();

const results = await Promise.all(inFlight);
results.slice(0, 6).forEach((result, index) => {
  assert.deepEqual(result, crypto.scryptSync(`password ${index}`, 'salt', 32));
});
results.slice(6).forEach((result, index) => {
  assert.deepEqual(result, crypto.pbkdf2Sync(`password ${index}`, 'salt', 20_000, 32, 'sha256'));
});
assert.deepEqual(zlib.inflateSync(await deflated), text);
assert.deepEqual(await scrypt('new', 'salt', 32), crypto.scryptSync('new', 'salt', 32));
pass();
