/** What every engine has to do, whatever it is: one suite for all, in which a capability that an engine lacks is a named skip. */
import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { EngineCapabilities } from 'node-crac/engine';
import { loadEngine } from '#dist/engines/selection/load-engine.js';
import { programFile } from '../support/image.js';
import { crac, repository } from '../support/paths.js';
import { scratch } from '../support/scratch.js';
import { type Ended, type Running, runToEnd, start } from '../support/start.js';

/** An engine under test. */
export interface EngineUnderTest {
  readonly name: string;
  /** What `--engine` is given. @default its name */
  readonly engine?: string;
  /** Why it cannot be tried here. */
  readonly skip?: string | false;
  /** What it needs in the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Words before its command of a round: 0 for the start of the program, 1 and 2 for the restores. */
  readonly around?: (round: number) => readonly string[];
  /** Signs of an image in its directory, besides `manifest.json`. */
  readonly files: RegExp;
  /** One of its files that is changed to damage the image. */
  readonly vital: RegExp;
}

/** What a program said of one of its lives. */
interface Fact {
  readonly round: number;
  readonly info?: {
    readonly restored: boolean;
    readonly generation: number;
    readonly args: readonly string[];
    readonly hasArgs: boolean;
    readonly cwd: string;
    readonly directory: string;
    readonly mark?: string;
  };
  readonly told?: readonly string[];
  readonly process: {
    readonly args: readonly string[];
    readonly mark?: string;
    readonly cwd: string;
    readonly pid: number;
  };
}

/** A program that went through two checkpoints and two restores. */
interface Life {
  readonly directory: string;
  /** Working directory of each restore. */
  readonly folders: readonly string[];
  /** Ids of the two images. */
  readonly ids: readonly string[];
  readonly facts: readonly Fact[];
  /** How the original ended. */
  readonly original: Ended;
  /** How the commands that restored it ended. */
  readonly restores: readonly Ended[];
}

/** What the other program said of one attempt. */
interface Attempt {
  readonly what: string;
  readonly code?: string;
  readonly causes?: readonly { readonly code?: string; readonly message: string }[];
  readonly restored?: boolean;
  readonly generation?: number;
  readonly told: readonly string[];
}

/** The Node that runs the tests, and no control sockets. */
const HERE = {
  PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH']}`,
  CRAC_RUNTIME_DIR: '/dev/null/none',
};

/** Runs the suite on one engine. */
export function conform(tested: EngineUnderTest): void {
  const { name, engine = name, skip = false } = tested;
  describe(`engine ${name}`, { skip }, () => {
    const cleaners: (() => unknown)[] = [];
    const suite = { after: (cleaner: () => unknown) => void cleaners.unshift(cleaner) };
    const { module } = loadEngine(engine, [repository]);
    const { capabilities } = module.create({
      warn() {},
      secrets: () => [],
      hostClock: false,
      cpuFeatures: '',
      prepareDirectory: () => () => {},
      commit() {},
    });
    const needs = (capability: keyof EngineCapabilities): string | false =>
      capabilities[capability] === false ? `engine ${name} lacks ${capability}` : false;
    const needsDirectory = needs('directory');
    let life: Life;

    after(async () => {
      for (const cleaner of cleaners) await cleaner();
    });

    before(async () => {
      life = await live(suite, tested, capabilities);
    });

    it('goes on behind each of two checkpoints', () => {
      assert.deepEqual(
        life.facts.map(({ round }) => round),
        [1, 2],
      );
    });

    it('tells the last registered resource first, and the first one first of the end', {
      skip: needs('memory'),
    }, () => {
      const told = ['second before', 'first before', 'first after true', 'second after true'];
      assert.deepEqual(
        life.facts.map((fact) => fact.told),
        [told, told],
      );
    });

    it('counts its restores', { skip: needs('memory') }, () => {
      assert.deepEqual(
        life.facts.map(({ info }) => info?.generation),
        [1, 2],
      );
    });

    it('hands over arguments, environment and working directory of each restore', {
      skip: needs('restoreData'),
    }, () => {
      const brought = life.folders.map((cwd, index) => ({
        args: [`--round=${index + 1}`, 'ü b'],
        mark: `restore ${index + 1}`,
        cwd,
      }));
      const found = life.facts.map(({ process: { args, mark, cwd } }) => ({ args, mark, cwd }));
      assert.deepEqual(found, brought);
      for (const [index, { info }] of life.facts.entries()) {
        if (info === undefined) continue;
        const { args, mark, cwd, restored, hasArgs, directory } = info;
        assert.deepEqual({ args, mark, cwd }, brought[index]);
        assert.deepEqual(
          { restored, hasArgs, directory },
          { restored: true, hasArgs: true, directory: life.directory },
        );
      }
    });

    if (capabilities.restoreData === false)
      it('keeps arguments, environment and working directory when nothing is brought', () => {
        for (const { process: present } of life.facts) {
          const { args, mark, cwd } = present;
          assert.deepEqual(
            { args, mark, cwd },
            { args: ['one', 'two'], mark: 'start', cwd: life.folders[0] },
          );
        }
      });

    it('ends the command with the exit code of the restored process', { skip: needs('mirrorsEnd') }, () => {
      assert.deepEqual(
        life.restores.map(({ code, stderr }) => ({ code, stderr })),
        [
          { code: 0, stderr: '' },
          { code: 7, stderr: '' },
        ],
      );
      assert.equal(life.original.code, 0);
    });

    if (capabilities.mirrorsEnd === false)
      it('leaves the end to the process that was there all the time', () => {
        assert.equal(life.original.code, 7, life.original.stderr);
        for (const { code, stderr } of life.restores)
          assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
      });

    it('replaces the image by that of the second checkpoint', { skip: needsDirectory }, () => {
      const [first, second] = life.ids;
      assert.notEqual(first, second);
      const others = readdirSync(life.directory).filter(
        (file) => file !== 'manifest.json' && !tested.files.test(file),
      );
      assert.deepEqual(others.sort(), ['score', 'tags']);
      assert.ok(!readdirSync(life.directory).some((file) => file.includes(first ?? '')));
    });

    it('is named by its image', { skip: needsDirectory }, () => {
      const manifest = JSON.parse(readFileSync(join(life.directory, 'manifest.json'), 'utf8'));
      assert.equal(manifest.engine, name);
      assert.deepEqual(manifest.userData, { round: '2' });
      assert.equal(manifest.engineFile, engine === name ? undefined : realpathSync(engine));
    });

    it('refuses to restore an image without a label that is required', {
      skip: needsDirectory,
    }, async (t) => {
      const words = ['--require-label', `cpu.arch=${process.arch}`, '--require-label', 'tier=gold'];
      const ended = await runToEnd(t, [crac, 'restore', ...words, life.directory], { env: HERE });
      assert.equal(ended.code, 78, ended.stderr);
      assert.match(ended.stderr, /label "tier" is required to be "gold"/);
    });

    it('refuses to restore the image of another engine, by name', { skip: needsDirectory }, async (t) => {
      const other = name === 'simulate' ? 'pause' : 'simulate';
      const ended = await runToEnd(t, [crac, 'restore', '--engine', other, life.directory], { env: HERE });
      assert.equal(ended.code, 64, ended.stderr);
      assert.match(
        ended.stderr,
        new RegExp(`with engine ${other}: its image was written by engine ${name}\\.`),
      );
    });

    it('says what is damaged', { skip: needsDirectory }, async (t) => {
      const directory = join(scratch(t), 'damaged');
      mkdirSync(directory, { mode: 0o700 });
      cpSync(life.directory, directory, { recursive: true });
      for (const file of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
        const path = join(directory, file);
        if (tested.vital.test(file)) truncateSync(path, statSync(path).size >> 1);
      }
      const ended = await runToEnd(t, [crac, 'restore', directory], { env: HERE });
      assert.equal(ended.code, engine === name ? 65 : 1, ended.stderr);
      assert.match(ended.stderr, /^crac[a-z ]*: .*\bis damaged: .*\.\n$/i);
      assert.equal(ended.stdout, '');
    });

    describe('in a process that goes on', () => {
      const attempts = new Map<string, Attempt>();
      let directory: string;
      let earlier: string | undefined;
      let ended: Ended;
      let availability: unknown;

      before(async () => {
        directory = life.directory;
        earlier = readId(directory);
        const running = run(suite, tested, 'refusals', directory);
        ended = await running.ended;
        for (const line of ended.stdout.trim().split('\n')) {
          const said = JSON.parse(line);
          if (said.what === undefined) availability = said.availability;
          else attempts.set(said.what, said);
        }
      });

      it('is ready', () => assert.deepEqual(availability, { status: 'ready' }));

      it('leaves it running, with all reasons and everybody told, when a checkpoint fails', () => {
        const { code, causes, told } = attempts.get('a failing resource and an open file') ?? assert.fail();
        assert.equal(code, 'ERR_CRAC_CHECKPOINT_FAILED');
        assert.deepEqual(
          causes?.map((cause) => cause.code ?? cause.message),
          ['not now', 'ERR_CRAC_OPEN_FILE'],
        );
        assert.deepEqual(told, ['before', 'after false']);
        assert.equal(ended.code, 3, ended.stderr);
      });

      for (const [what, reason] of [
        ['an unknown option', 'Option "nonsense" of engine NAME is unknown: '],
        ['a reserved option', 'Option "image_location" of engine NAME is set by the runtime alone: '],
        ['an option twice', 'Option "nonsense" of engine NAME is given twice: '],
      ] as const) {
        it(`refuses ${what} before anybody is told`, () => {
          const { causes, told } = attempts.get(what) ?? assert.fail();
          const keys = module.options.map(({ key }) => key);
          const known =
            keys.length === 0
              ? 'this engine has no options'
              : `the options of this engine are ${keys.join(', ')}`;
          const message = `${reason.replace('NAME', name)}${known}.`;
          assert.deepEqual(causes, [{ code: 'ERR_CRAC_ENGINE_OPTION', message }]);
          assert.deepEqual(told, []);
        });
      }

      it('refuses an engine that nobody knows', () => {
        const { causes, told } = attempts.get('an unknown engine') ?? assert.fail();
        assert.equal(causes?.[0]?.code, 'ERR_CRAC_ENGINE_INVALID');
        assert.deepEqual(told, []);
      });

      it('keeps it running when that is asked for', { skip: needs('keepRunning') }, () => {
        const { restored, generation, told } = attempts.get('keep running') ?? assert.fail();
        assert.deepEqual({ restored, generation }, { restored: false, generation: 0 });
        assert.deepEqual(told, ['before', 'after false']);
      });

      it('writes the image of a process that keeps running', {
        skip: needs('keepRunning') || needs('image'),
      }, () => {
        assert.notEqual(readId(directory), earlier);
      });

      if (!capabilities.keepRunning)
        it('refuses to keep it running where it cannot, and leaves the image as it was', () => {
          const { causes } = attempts.get('keep running') ?? assert.fail();
          assert.deepEqual(
            causes?.map(({ code }) => code),
            ['ERR_CRAC_ENGINE_LACKS'],
          );
          assert.equal(readId(directory), earlier);
        });
    });
  });
}

type Context = Parameters<typeof start>[0];

function run(
  t: Context,
  { name, engine = name, env, around = () => [] }: EngineUnderTest,
  program: string,
  directory: string,
): Running {
  const file = programFile(`engines/programs/${program}`);
  const command = [crac, 'run', '--engine', engine, '--checkpoint-to', directory, file, 'one', 'two'];
  return start(t, [...around(0), ...command], { cwd: '/', env: { ...HERE, ...env, MARK: 'start' } });
}

async function live(t: Context, tested: EngineUnderTest, capabilities: EngineCapabilities): Promise<Life> {
  const directory = join(scratch(t), 'image');
  const original = run(t, tested, 'life', directory);
  const folders = ['/', '/usr'];
  const ids: string[] = [];
  const restores: Ended[] = [];
  if (capabilities.directory !== false) {
    for (const [index, cwd] of folders.entries()) {
      await checkpointed(original, directory, capabilities, ids);
      ids.push(readId(directory) ?? '');
      const options = index === 0 ? [] : ['--engine', tested.engine ?? tested.name];
      restores.push(await restore(t, tested, directory, index + 1, cwd, options));
    }
  }
  const end = await original.ended;
  const lines = [end, ...restores].flatMap(({ stdout }) => stdout.split('\n').filter((line) => line !== ''));
  const facts = lines.map((line): Fact => JSON.parse(line)).sort((one, other) => one.round - other.round);
  return { directory, folders, ids, facts, original: end, restores };
}

/** Waits until the image is there, or the process waits. A restored process that was checkpointed again has ended by then. */
async function checkpointed(
  original: Running,
  directory: string,
  { image }: EngineCapabilities,
  earlier: readonly string[],
): Promise<void> {
  if (image) {
    const { code, stderr } = await original.ended;
    assert.equal(code, 0, stderr);
    return;
  }
  const over = original.ended.then(() => true);
  while (!isWaiting(directory, earlier)) {
    const pause = new Promise<boolean>((resolve) => setTimeout(resolve, 5, false));
    if (await Promise.race([over, pause])) assert.fail(`It ended: ${(await original.ended).stderr}`);
  }
}

function isWaiting(directory: string, earlier: readonly string[]): boolean {
  const id = readId(directory);
  return id !== undefined && !earlier.includes(id) && existsSync(join(directory, 'pid'));
}

/** The second restore says which engine it expects. */
function restore(
  t: Context,
  { env, around = () => [] }: EngineUnderTest,
  directory: string,
  round: number,
  cwd: string,
  options: readonly string[],
): Promise<Ended> {
  const command = [...around(round), crac, 'restore', ...options, directory, '--', `--round=${round}`, 'ü b'];
  return runToEnd(t, command, { cwd, env: { ...HERE, ...env, MARK: `restore ${round}` } });
}

function readId(directory: string): string | undefined {
  const path = join(directory, 'manifest.json');
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).id : undefined;
}
