/** A native addon with threads of its own makes the same picture after the restore. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { checkpoint, pass } from '../../support/program.js';

interface Picture {
  resize(width: number): Picture;
  blur(sigma: number): Picture;
  png(): Picture;
  toBuffer(): Promise<Buffer>;
}

const require = createRequire(new URL('../../../../test/addons/package.json', import.meta.url));
const sharp = require('sharp') as (options: object) => Picture;
const first = await draw();

await checkpoint();

assert.deepEqual(await draw(), first);
assert.equal((await Promise.all([draw(), draw(), draw()])).length, 3);
pass();

function draw(): Promise<Buffer> {
  const create = { width: 400, height: 300, channels: 3, background: '#336699' };
  return sharp({ create }).resize(120).blur(3).png().toBuffer();
}
