import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { checkpoint, programFile } from '../support/image.js';
import { crac, launcher } from '../support/paths.js';
import { scratch } from '../support/scratch.js';
import { type Ended, runToEnd } from '../support/start.js';

const PROGRAM = 'survives/programs/labelled';

const cleanups: (() => unknown)[] = [];
const suite = { after: (cleanup: () => unknown): unknown => cleanups.push(cleanup) } as Pick<
  TestContext,
  'after'
>;
let folder = '';
let [cold, warm] = ['', ''];

before(async () => {
  folder = scratch(suite);
  const make = async (score: string): Promise<string> => {
    const env = {
      CRAC_CHECKPOINT_TO: join(folder, `%g-${score}`),
      CRAC_IMAGE_LABELS: 'zone=a,from=$FROM',
      FROM: 'here',
    };
    await checkpoint(suite, PROGRAM, { args: [score], directory: join(folder, `1-${score}`), env });
    return join(folder, `1-${score}`);
  };
  warm = await make('8.5');
  cold = await make('-3');
});

after(() => Promise.all(cleanups.map((cleanup) => cleanup())));

const restore = (t: TestContext, words: readonly string[], env = {}): Promise<Ended> =>
  runToEnd(t, [launcher, ...words], { env });

describe('an image with labels and scores', () => {
  it('lies where the placeholders of its path say', async (t) => {
    assert.deepEqual((await restore(t, [warm])).stdout, `${warm}\n`);
  });

  it('has its labels, those of its runtime and the features of its processor in the file of tags', async (t) => {
    const features = (await runToEnd(t, [launcher, '--cpu-features'])).stdout.trim();
    assert.deepEqual(readFileSync(join(warm, 'tags'), 'utf8').split('\n'), [
      `label:cpu.arch=${process.arch}`,
      `label:node.version=${process.version}`,
      'label:zone=a',
      'label:from=here',
      'label:tier=gold',
      `bitmap:cpu.features=${features}`,
      '',
    ]);
  });

  it('has scores of its own and of the runtime', () => {
    const lines = readFileSync(join(warm, 'score'), 'utf8').trim().split('\n');
    assert.ok(lines.includes('warmth=8.5'));
    for (const line of lines) assert.match(line, /^[\w.]+=-?\d+(\.\d+)?$/);
    assert.ok(lines.length > 15);
  });
});

describe('required labels', () => {
  it('let an image pass that has them, from the command line and from the environment', async (t) => {
    const words = [
      '--require-label',
      'tier=gold',
      '--require-label=zone=$ZONE',
      '--require-label',
      'from',
      warm,
    ];
    const { stdout, stderr } = await restore(t, words, {
      ZONE: 'a',
      from: 'here',
      CRAC_REQUIRED_IMAGE_LABELS: `tier=gold,node.version=${process.version}`,
    });
    assert.deepEqual([stdout, stderr], [`${warm}\n`, '']);
  });

  it('refuse an image with another value, and say both', async (t) => {
    const { code, stderr } = await restore(t, ['--require-label', 'tier=silver', warm]);
    assert.equal(code, 78);
    assert.ok(
      stderr.startsWith(
        `crac restore: label "tier" is required to be "silver", and the image ${warm} says "gold". `,
      ),
      stderr,
    );
  });

  it('refuse an image without the label', async (t) => {
    const { code, stderr } = await restore(t, [warm], {
      CRAC_REQUIRED_IMAGE_LABELS: 'tier=gold\ncolour=red, or so\n',
    });
    assert.equal(code, 78);
    assert.match(
      stderr,
      /^crac restore: label "colour" is required to be "red, or so", and the image \S+ has no such label\. /,
    );
  });

  it('are not taken for the beginning of longer ones', async (t) => {
    for (const label of ['tier=gol', 'tier=goldx', 'tie=gold', 'tierx=gold', 'cpu.features='])
      assert.equal((await restore(t, ['--require-label', label, warm])).code, 78, label);
  });

  it('whose variable is not set are warned of', async (t) => {
    const { stdout, stderr } = await restore(t, ['--require-label', 'a=$NOT_SET', warm]);
    assert.equal(stdout, `${warm}\n`);
    assert.equal(
      stderr,
      'crac restore: warning: label "a" is not required: the environment variable NOT_SET is not set.\n',
    );
  });
});

describe('several images', () => {
  it('are taken by their score, and the reason why another was not is told', async (t) => {
    assert.equal((await restore(t, ['--score', 'warmth', cold, warm])).stdout, `${warm}\n`);
    const nothing = join(folder, 'nothing');
    const { stdout, stderr } = await restore(t, [nothing, '--score', 'warmth', cold, warm, '--', 'x']);
    assert.deepEqual([stdout, stderr], [`${warm}\n`, '']);
    const late = await restore(t, [nothing, cold, warm]);
    assert.equal(late.stdout, `${cold}\n`);
    assert.match(late.stderr, new RegExp(`no image directory ${nothing}: .* Trying ${cold} instead\\.\n$`));
  });

  it('are taken out of a directory, the newest first', async (t) => {
    assert.equal((await restore(t, [folder])).stdout, `${cold}\n`);
    assert.equal((await restore(t, [folder, '--score', 'warmth'])).stdout, `${warm}\n`);
  });

  it('are chosen by crac run as well, which starts the program when none is left', async (t) => {
    const env = { PATH: `${dirname(process.execPath)}:${process.env['PATH']}`, CRAC_RUNTIME_DIR: folder };
    const run = (...words: readonly string[]): Promise<Ended> =>
      runToEnd(t, [crac, 'run', ...words], { env });
    const from = ['--restore-from', cold, `--restore-from=${warm}`];
    const chosen = await run(
      ...from,
      '--score',
      'warmth',
      '--require-label',
      'tier=gold',
      programFile(PROGRAM),
    );
    assert.deepEqual([chosen.stdout, chosen.stderr], [`${warm}\n`, '']);
    const refused = await run(...from, '--newest', '--require-label=tier=iron', '-p', '"started"');
    assert.equal(refused.stdout, 'started\n');
    const [first = '', second = ''] = refused.stderr.split('\n');
    assert.match(first, new RegExp(`${cold} says "gold"\\..* Trying ${warm} instead\\.$`));
    assert.match(second, new RegExp(`${warm} says "gold"\\..* Starting \\/.*node instead\\.$`));
  });
});

describe('features of the processor', () => {
  it('are those of the machine unless the program was started with fewer', async (t) => {
    assert.equal((await restore(t, ['--check-cpu-features', 'exact', warm])).stdout, `${warm}\n`);
    const { code, stderr } = await restore(t, ['--check-cpu-features=half', warm]);
    assert.equal(code, 64);
    assert.match(stderr, /needs 'compatible', 'exact' or 'skip', not 'half'/);
  });

  it('are limited by crac run, and the image then needs no more of them', async (t) => {
    const image = join(scratch(t), 'image');
    const env = { PATH: `${dirname(process.execPath)}:${process.env['PATH']}`, CRAC_RUNTIME_DIR: scratch(t) };
    const limited = [
      'run',
      '--cpu-features',
      'generic',
      '--label',
      'kind=portable, or so',
      '--checkpoint-to',
      image,
    ];
    const made = await runToEnd(t, [crac, ...limited, programFile(PROGRAM), '1'], {
      env: { ...env, CRAC_IMAGE_LABELS: 'NOT_SET' },
    });
    assert.equal(made.code, 0, made.stderr);
    assert.match(made.stderr, /CracWarning: Label "NOT_SET" is left out: /);
    const label = ['--require-label', 'kind=portable, or so'];
    assert.equal((await restore(t, [...label, image])).stdout, `${image}\n`);
    assert.equal((await restore(t, ['--check-cpu-features', 'skip', image])).stdout, `${image}\n`);
    const { code, stderr } = await restore(t, ['--check-cpu-features', 'exact', image]);
    const features = (await runToEnd(t, [launcher, '--cpu-features'])).stdout.trim();
    assert.equal(code, 78);
    assert.ok(stderr.endsWith(` or make the image with --cpu-features ${features}.\n`), stderr);
  });
});
