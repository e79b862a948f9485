import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import {
  AVAILABILITY_STATUSES,
  type AvailabilityStatus,
  type EngineModule,
  type EngineOption,
  type EnginePhase,
} from 'node-crac/engine';
import { defaultEngineName } from '#dist/engines/selection/built-in.js';
import { createEngines } from '#dist/engines/selection/engines.js';
import { isPath, loadEngine } from '#dist/engines/selection/load-engine.js';
import { helpPattern, parseOptions } from '#dist/engines/selection/parse-options.js';
import { renderOptions } from '#dist/engines/selection/render-options.js';
import { createFake } from '../checkpoint/fake.js';
import { programFile } from '../support/image.js';
import { crac } from '../support/paths.js';
import { scratch } from '../support/scratch.js';
import { runToEnd } from '../support/start.js';

const BOTH: readonly EnginePhase[] = ['checkpoint', 'restore'];
const MODULE: Pick<EngineModule, 'name' | 'options'> = {
  name: 'sample',
  options: [
    option({ key: 'direct_map', type: 'boolean', default: true, phases: ['restore'] }),
    option({ key: 'level', type: 'number', default: 3 }),
    option({ key: 'args', type: 'text' }),
    option({ key: 'program', type: 'path', phases: ['checkpoint'] }),
  ],
};

function option(described: Partial<EngineOption> & Pick<EngineOption, 'key' | 'type'>): EngineOption {
  return { phases: BOTH, description: `says ${described.key}`, ...described };
}

function strict(given: string | Record<string, unknown>, phase: EnginePhase = 'checkpoint'): object {
  return parseOptions(MODULE, phase, [{ given, strict: true }]);
}

describe('options of an engine', () => {
  it('are read from a list and have defaults', () => {
    assert.deepEqual(strict(''), { level: 3 });
    assert.deepEqual(strict('', 'restore'), { level: 3, direct_map: true });
    assert.deepEqual(strict('level=-1.5,args=--tcp-close --shell-job,program=criu'), {
      level: -1.5,
      args: '--tcp-close --shell-job',
      program: join(process.cwd(), 'criu'),
    });
    assert.deepEqual(strict('direct_map', 'restore'), { level: 3, direct_map: true });
    assert.deepEqual(strict('direct_map=false', 'restore'), { level: 3, direct_map: false });
  });

  it('may have commas and equals signs in their values', () => {
    assert.deepEqual(strict('args=a\\,b=c,level=4'), { args: 'a,b=c', level: 4 });
  });

  it('are read from an object', () => {
    assert.deepEqual(strict({ level: 9, args: '' }), { level: 9, args: '' });
  });

  it('of the environment for both phases count less than those of one phase', () => {
    const both = { given: 'level=1,direct_map=false', strict: false };
    const one = { given: 'level=2', strict: true };
    assert.deepEqual(parseOptions(MODULE, 'checkpoint', [both, one]), { level: 2 });
    assert.deepEqual(parseOptions(MODULE, 'restore', [one, both]), { level: 1, direct_map: false });
  });

  for (const [given, reason] of [
    ['depth=3', 'Option "depth" of engine sample is unknown'],
    ['=3', 'Option "" of engine sample is unknown'],
    ['level=1,level=2', 'Option "level" of engine sample is given twice'],
    ['level=high', 'Option "level" of engine sample must be a number, but it is "high"'],
    ['level', 'Option "level" of engine sample must be a number, but it is missing'],
    ['level=Infinity', 'Option "level" of engine sample must be a number, but it is "Infinity"'],
    ['args', 'Option "args" of engine sample must be a text, but it is missing'],
    ['program=', 'Option "program" of engine sample must be a path, but it is empty'],
    ['direct_map', 'Option "direct_map" of engine sample is none of a checkpoint'],
    ['image_location=/tmp', 'Option "image_location" of engine sample is set by the runtime alone'],
    [{ level: '' }, 'Option "level" of engine sample must be a number, but it is ""'],
    [{ args: 3 }, 'Option "args" of engine sample must be a text, but it is 3'],
    [{ toString: 'x' }, 'Option "toString" of engine sample is unknown'],
  ] as const) {
    it(`are refused with the options that there are: ${JSON.stringify(given)}`, () => {
      assert.throws(() => strict(given), {
        code: 'ERR_CRAC_ENGINE_OPTION',
        message: `${reason}: the options of this engine are direct_map, level, args, program.`,
      });
    });
  }

  it('are wrong as well where they are meant for the other phase', () => {
    assert.throws(() => parseOptions(MODULE, 'checkpoint', [{ given: 'direct_map=maybe', strict: false }]), {
      message: /must be true or false, but it is "maybe"/,
    });
  });

  it('are listed by help and by a part of their name', () => {
    assert.deepEqual(['help', 'help=map', 'level=3', undefined].map(helpPattern), [
      '',
      'map',
      undefined,
      undefined,
    ]);
    const module = { ...MODULE, description: 'tries things', create: () => assert.fail() };
    const [title, head, ...rows] = renderOptions(module, '').split('\n');
    assert.equal(title, 'Engine sample: tries things.');
    assert.match(head ?? '', /^OPTION +TYPE +DEFAULT +PHASES +MEANING$/);
    assert.deepEqual(
      rows.map((row) => row.split(/ {2,}/)),
      [
        ['direct_map', 'boolean', 'true', 'restore', 'says direct_map'],
        ['level', 'number', '3', 'checkpoint, restore', 'says level'],
        ['args', 'text', '-', 'checkpoint, restore', 'says args'],
        ['program', 'path', '-', 'checkpoint', 'says program'],
      ],
    );
    assert.match(renderOptions(module, 'map'), /direct_map/);
    assert.doesNotMatch(renderOptions(module, 'map'), /level/);
    assert.match(renderOptions(module, 'zoom'), /None of its options holds "zoom" in its name\.$/);
  });

  it('are listed on request, all of them or those that are asked for', async (t) => {
    const ask = async (list: string): Promise<string> => {
      const program = programFile('engines/programs/refusals');
      const command = [crac, 'run', '--engine', 'native', '--engine-options', list, program];
      const env = { PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH']}` };
      const { code, stdout, stderr } = await runToEnd(t, command, { env });
      assert.deepEqual([code, stderr], [0, ''], 'the program does not begin');
      return stdout;
    };
    assert.match(await ask('help'), /^Engine native: .*\nOPTION +TYPE .*\n(?:.*\n)*verify +boolean /);
    assert.match(
      await ask('help=nothing-like-it'),
      /None of its options holds "nothing-like-it" in its name/,
    );
  });
});

describe('an engine', () => {
  it('is native on Linux x86-64, and simulated elsewhere', () => {
    const found = (platform: NodeJS.Platform, arch: NodeJS.Architecture): string =>
      defaultEngineName({ platform, arch });
    assert.equal(found('linux', 'x64'), 'native');
    assert.equal(found('linux', 'arm64'), 'simulate');
    assert.equal(found('darwin', 'arm64'), 'simulate');
    assert.equal(found('win32', 'x64'), 'simulate');
  });

  it('is a path where it looks like one', () => {
    for (const path of ['/a/engine', './engine', '../engine', 'engine.mjs', 'file:///a.js'])
      assert.ok(isPath(path), path);
    for (const name of ['native', 'crac-engine', '@scope/engine', 'engines/fast'])
      assert.ok(!isPath(name), name);
  });

  it('is found in a package beside the program, or where it runs', (t) => {
    const folder = scratch(t);
    const home = join(folder, 'node_modules/crac-fast');
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, 'package.json'), '{ "type": "module", "exports": "./index.js" }');
    writeFileSync(join(home, 'index.js'), sourceOf());
    const found = loadEngine('crac-fast', ['/nonexistent', folder]);
    assert.equal(found.module.name, 'fast');
    assert.equal(found.file, join(home, 'index.js'));
    assert.throws(() => loadEngine('crac-slow', ['/nonexistent', folder]), {
      code: 'ERR_CRAC_ENGINE_INVALID',
      message: new RegExp(
        `^Cannot use engine crac-slow: it is neither one of native, .*simulate nor a package that can be found in /nonexistent or ${folder}\\.`,
      ),
    });
  });

  for (const [text, reason] of [
    ['export const name = "fast";', 'exports no text "description"'],
    [sourceOf({ name: 'Fast' }), 'exports no "name" of lower-case letters, digits and dashes'],
    [sourceOf({ options: '3' }), 'exports no list "options"'],
    [sourceOf({ create: '3' }), 'exports no function "create"'],
    [sourceOf({ options: '[{ key: "A" }]' }), 'describes an option without a "key" of lower-case letters'],
    [
      sourceOf({ options: '[{ key: "a", type: "date", description: "", phases: [] }]' }),
      'describes the option "a" whose type is none of',
    ],
    [
      sourceOf({ options: '[{ key: "a", type: "text", description: "", phases: ["boot"] }]' }),
      'describes the option "a" whose phases are not among',
    ],
    [
      sourceOf({ options: '[{ key: "image_location", type: "text", description: "", phases: [] }]' }),
      'whose name is reserved for the runtime',
    ],
    ['throw new Error("no luck");', 'cannot be loaded \\(no luck\\)'],
    ['await null;', 'cannot be loaded \\('],
  ] as const) {
    it(`is refused: ${reason}`, (t) => {
      const file = join(scratch(t), 'engine.mjs');
      writeFileSync(file, text);
      assert.throws(() => loadEngine(file, []), {
        code: 'ERR_CRAC_ENGINE_INVALID',
        message: new RegExp(`^Cannot use engine ${file}: its module ${file} .*${reason}`),
      });
    });
  }

  it('is made once, and stays that of the environment until another one is named', (t) => {
    const file = join(scratch(t), 'engine.mjs');
    writeFileSync(file, sourceOf());
    let env: Record<string, string> = { CRAC_ENGINE: file, CRAC_ENGINE_OPTIONS: 'depth=4' };
    const services = {
      warn() {},
      secrets: () => [],
      hostClock: false,
      cpuFeatures: '',
      prepareDirectory: () => () => {},
      commit() {},
    };
    const engines = createEngines(services, () => env);
    const first = engines.choose();
    assert.deepEqual(first.options, { depth: 4 });
    assert.equal(first.file, file);
    env = {};
    assert.equal(engines.choose().engine, first.engine);
    assert.deepEqual(engines.choose({ engineOptions: { depth: 5 } }).options, { depth: 5 });
    assert.deepEqual(engines.choose({ engine: 'simulate' }).options, {});
    env = { CRAC_ENGINE: 'simulate' };
    assert.equal(engines.choose().engine.name, 'simulate');
  });
});

describe('the availability of an engine', () => {
  it('is told as the engine says it', () => {
    for (const status of AVAILABILITY_STATUSES) {
      const fake = createFake({ engine: { availability: () => ({ status, reason: 'So it is.' }) } });
      assert.deepEqual(fake.manager.availability(), { status, reason: 'So it is.' });
    }
  });

  it('is advisory while it is not ready yet', async () => {
    const fake = createFake({ engine: { availability: () => ({ status: 'not-yet', reason: 'Later.' }) } });
    assert.equal((await fake.manager.checkpoint()).restored, true);
    assert.deepEqual(fake.log, ['engine']);
  });

  it('is warned of when nobody knows its status, and the checkpoint is tried', async () => {
    const status = 'perhaps' as AvailabilityStatus;
    const fake = createFake({ engine: { availability: () => ({ status }) } });
    assert.equal((await fake.manager.checkpoint()).restored, true);
    assert.match(
      fake.log[0] ?? '',
      /^warning: Engine fake says of its availability "perhaps", which is unknown/,
    );
    assert.equal(fake.log[1], 'engine');
  });
});

/** The text of a module. */
function sourceOf({ name = 'fast', options, create }: Record<string, string> = {}): string {
  return `
    export const name = '${name}';
    export const description = 'is fast';
    export const options = ${options ?? '[{ key: "depth", type: "number", description: "how deep", phases: ["checkpoint"] }]'};
    export const create = ${create ?? '() => ({ name, capabilities: {} })'};
  `;
}
