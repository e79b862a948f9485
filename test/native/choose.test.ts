/** In which order the launcher tries several images, seen by what it says of each: none of them can be restored. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { IMAGE_RECORD } from '#dist/image/format.js';
import { recordSize } from '#dist/image/record.js';
import { syntheticImage } from '../image/synthetic-image.js';
import { launcher } from '../support/paths.js';
import { scratch } from '../support/scratch.js';
import { runToEnd } from '../support/start.js';

/** Bytes between the beginning of the image note and its field `created`. */
const CREATED = recordSize(IMAGE_RECORD) - 8 - 16;

function makeDirectory(
  parent: string,
  name: string,
  files: Readonly<Record<string, string | Buffer>>,
): string {
  const directory = join(parent, name);
  mkdirSync(directory, { recursive: true });
  for (const [file, content] of Object.entries(files)) writeFileSync(join(directory, file), content);
  return directory;
}

/** A file that ends where its pages should begin, so that it is refused when its turn comes. */
function damagedImage(created: number): Buffer {
  const { bytes, headSize, imageOffset } = syntheticImage();
  bytes.writeBigUInt64LE(BigInt(created) * 1_000_000_000n, imageOffset + CREATED);
  return bytes.subarray(0, headSize);
}

/** The names of the directories, as the launcher tries them. */
async function order(t: TestContext, words: readonly string[]): Promise<readonly string[]> {
  const { stderr, code } = await runToEnd(t, [launcher, ...words]);
  assert.ok(code === 66 || code === 65, stderr);
  return stderr
    .trim()
    .split('\n')
    .map((line) =>
      basename(/ (?:in|the image) (\/.*?)(?:\/process\.core is damaged)?: /.exec(line)?.[1] ?? line),
    );
}

test('images are tried as they are named, each with the reason why it is not taken', async (t) => {
  const folder = scratch(t);
  const [a, b, c] = ['a', 'b', 'c'].map((name) => makeDirectory(folder, name, {}));
  assert.deepEqual(await order(t, [b ?? '', a ?? '', '--eager', c ?? '', '--', 'x']), ['b', 'a', 'c']);
});

test('the image with the highest score is tried first, those without one last and as they are named', async (t) => {
  const folder = scratch(t);
  const numbers = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.constantFrom(0, -0, 10, 100),
  );
  const contents = fc.array(fc.option(numbers), { minLength: 2, maxLength: 6 });
  let run = 0;
  await fc.assert(
    fc.asyncProperty(contents, async (scores) => {
      run += 1;
      const directories = scores.map((score, index) =>
        makeDirectory(folder, `${run}/${index}`, {
          score: score === null ? 'other=7\n' : `x=1\nmine=${score}\nminer=9\n`,
        }),
      );
      const expected = [...scores.entries()]
        .sort(([, a], [, b]) => compare(a, b))
        .map(([index]) => `${index}`);
      assert.deepEqual(await order(t, [...directories, '--score', 'mine']), expected);
    }),
    { numRuns: 25 },
  );
});

/** Highest first; an unknown number last. `sort()` keeps the order of equals. */
function compare(a: number | null, b: number | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return a === b ? 0 : b - a > 0 ? 1 : -1;
}

test('--newest goes by the time of the checkpoint, and decides between equal scores', async (t) => {
  const folder = scratch(t);
  const make = (name: string, created: number, score: string): string =>
    makeDirectory(folder, name, { 'process.core': damagedImage(created), score });
  const directories = [
    make('old', 100, 'm=1'),
    make('new', 300, 'm=1'),
    make('middle', 200, 'm=1'),
    make('best', 50, 'm=2'),
  ];
  assert.deepEqual(await order(t, ['--newest', ...directories]), ['new', 'middle', 'old', 'best']);
  assert.deepEqual(await order(t, ['--newest', '--score=m', ...directories]), [
    'best',
    'new',
    'middle',
    'old',
  ]);
});

test('a directory without an image stands for the images in it, the newest first', async (t) => {
  const folder = scratch(t);
  const parent = join(folder, 'all');
  makeDirectory(parent, 'first', { 'process.core': damagedImage(100) });
  makeDirectory(parent, 'second', { 'process.core': damagedImage(200) });
  makeDirectory(parent, 'none', { score: 'm=9' });
  makeDirectory(parent, '.hidden', { 'process.core': damagedImage(300) });
  const other = makeDirectory(folder, 'other', {});
  assert.deepEqual(await order(t, [parent, other]), ['second', 'first', 'other']);
  assert.deepEqual(await order(t, [other]), ['other']);
});

test('hundreds of images are tried', async (t) => {
  const folder = scratch(t);
  const names = Array.from({ length: 300 }, (_, index) => `${index}`);
  const directories = names.map((name) => makeDirectory(folder, name, {}));
  assert.deepEqual(await order(t, ['--eager', ...directories, '--cwd', 'image']), names);
});
