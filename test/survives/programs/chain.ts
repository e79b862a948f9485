/** Checkpoints as often as its argument says, to the directories given or always to the same; passes after the last restore. */
import assert from 'node:assert/strict';
import { imageOptions } from '../../support/image-options.js';
import { checkpoint, pass } from '../../support/program.js';

const [times = '1', ...directories] = process.argv.slice(2);
const history: number[] = [];
const blob = Buffer.alloc(1 << 20, 1);
for (let generation = 1; generation <= Number(times); generation++) {
  const directory = directories[generation - 1];
  const restored = await checkpoint(directory === undefined ? undefined : imageOptions(directory));
  assert.equal(restored.generation, generation);
  history.push(generation);
  assert.ok(
    blob.every((byte) => byte === generation),
    'Memory of an earlier generation came back.',
  );
  blob.fill(generation + 1);
}
assert.deepEqual(
  history,
  Array.from({ length: Number(times) }, (_, index) => index + 1),
);
pass();
