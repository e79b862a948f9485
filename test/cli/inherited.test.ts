import assert from 'node:assert/strict';
import { once } from 'node:events';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { assertCheckpointed, assertPassed, programFile, restore } from '../support/image.js';
import { crac } from '../support/paths.js';
import { scratch } from '../support/scratch.js';
import { type Running, runToEnd, start } from '../support/start.js';

/** Numbers at which the command inherits a file. */
const [STRAY, OTHER] = [8, 21];

interface Given {
  readonly file: string;
  /** Starts the command, or `wrapper` which becomes it. */
  run(options: readonly string[], args: readonly string[], more?: More): Running;
}
interface More {
  readonly env?: Readonly<Record<string, string>>;
  readonly wrapper?: readonly string[];
  readonly program?: string;
  readonly withChannel?: boolean;
}

function makeGiven(t: TestContext): Given {
  const folder = scratch(t);
  const file = join(folder, 'a stray file');
  writeFileSync(file, 'left open');
  return {
    file,
    run(options, args, { env, wrapper = [], program = 'cli/programs/inherits', withChannel } = {}) {
      const fd = openSync(file, 'r');
      const stdio: (number | 'ignore' | 'pipe' | 'ipc')[] = Array(OTHER + 1).fill('ignore');
      [stdio[1], stdio[2], stdio[STRAY], stdio[OTHER]] = ['pipe', 'pipe', fd, fd];
      if (withChannel) stdio[5] = 'ipc';
      const running = start(t, [...wrapper, crac, 'run', ...options, programFile(program), ...args], {
        stdio,
        env: {
          PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
          CRAC_RUNTIME_DIR: join(folder, 'sockets'),
          ...env,
        },
      });
      closeSync(fd);
      return running;
    },
  };
}

const WORDS = [String(STRAY), String(OTHER)];

async function assertOpen(running: Running, open: readonly number[]): Promise<void> {
  const { stdout, stderr, code } = await running.ended;
  assert.deepEqual([stderr, code], ['', 0]);
  assert.deepEqual(JSON.parse(stdout), { open, text: open.length === 0 ? '' : 'left open' });
}

describe('crac run', () => {
  it('closes what it inherits but standard streams, and says so if asked', async (t) => {
    const { run, file } = makeGiven(t);
    await assertOpen(run([], WORDS), []);
    const { stderr } = await run([], WORDS, { env: { CRAC_LOG: 'info' } }).ended;
    assert.ok(
      stderr.includes(`crac run: closed descriptor ${OTHER} (${file}), which was inherited.`),
      stderr,
    );
  });

  for (const [what, list] of [
    ['numbers', '7,21'],
    ['a path', '/some/other,/**/a stray*'],
  ] as const) {
    it(`keeps what a list names by ${what}`, async (t) => {
      const { run } = makeGiven(t);
      const open = what === 'numbers' ? [OTHER] : [STRAY, OTHER];
      await assertOpen(run(['--ignored-file-descriptors', list], WORDS), open);
    });
  }

  it('keeps what an argument names', async (t) => {
    const { run } = makeGiven(t);
    await assertOpen(run([], [`/dev/fd/${OTHER}`]), [OTHER]);
  });

  it('keeps what systemd has opened for this process', async (t) => {
    const { run } = makeGiven(t);
    const wrapper = ['sh', '-c', `export LISTEN_PID=$$ LISTEN_FDS=${STRAY - 2}; exec "$@"`, 'sh'];
    await assertOpen(run([], WORDS, { wrapper }), [STRAY]);
  });

  it('keeps the channel to a parent of Node.js', async (t) => {
    const { run } = makeGiven(t);
    const running = run([], WORDS, { withChannel: true });
    assert.deepEqual(await once(running.child, 'message'), ['hello', undefined]);
    await assertOpen(running, []);
  });

  it('starts the program without them when there is no image to restore', async (t) => {
    const { run, file } = makeGiven(t);
    const { stdout, stderr } = await run(['--restore-from', `${file}.image`], WORDS).ended;
    assert.match(stderr, /there is no image directory .* Starting \S*node instead\.\n$/);
    assert.deepEqual(JSON.parse(stdout), { open: [], text: '' });
  });
});

it('without crac run an inherited descriptor stops a checkpoint, which tells from where it came', async (t) => {
  const folder = scratch(t);
  const file = join(folder, 'stray');
  writeFileSync(file, 'left open');
  const program = programFile('cli/programs/checkpoints-inherited');
  const script = `exec 8<"$1"; echo $$; "$2" "$3" 8; :`;
  const { stdout, stderr } = await runToEnd(t, ['sh', '-c', script, 'sh', file, process.execPath, program], {
    env: { CRAC_CHECKPOINT_TO: join(folder, 'image'), CRAC_RUNTIME_DIR: join(folder, 'sockets') },
  });
  assert.match(
    stderr,
    new RegExp(`it was inherited \\(process ${stdout.trim()}, sh, has it open as well\\)`),
  );
});

it('a listed descriptor is no obstacle to a checkpoint, and open in the restored process', async (t) => {
  const { run, file } = makeGiven(t);
  const image = `${file}.image`;
  const options = ['--checkpoint-to', image, '--ignored-file-descriptors', String(STRAY)];
  const program = 'cli/programs/checkpoints-inherited';
  assertCheckpointed(await run(options, [String(STRAY)], { program }).ended, image);
  assertPassed(await restore(t, image));
});
