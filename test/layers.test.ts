import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import ts from 'typescript';
import { repository } from './support/paths.js';

/** What each layer may import besides Node's own modules. A layer is a folder, or a group of files at the top. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  'engines/engine': [],
  'engines/image-directory': ['errors'],
  core: ['errors'],
  binding: ['errors'],
  image: ['errors'],
  descriptors: ['errors'],
  runtime: ['core', 'errors'],
  origins: ['core', 'descriptors', 'errors'],
  control: ['core', 'errors', 'engines/engine'],
  moment: ['errors'],
  warm: ['errors', 'management'],
  observe: ['checkpoint', 'core'],
  checkpoint: ['core', 'descriptors', 'engines/engine', 'errors'],
  'engines/criu': ['binding', 'engines/engine', 'errors'],
  'engines/native': ['binding', 'engines/engine', 'engines/image-directory', 'errors'],
  'engines/pause': ['engines/engine', 'errors'],
  'engines/simulate': ['engines/engine'],
  'engines/selection': [
    'engines/engine',
    'engines/criu',
    'engines/native',
    'engines/pause',
    'engines/simulate',
    'errors',
  ],
  composition: [
    'binding',
    'checkpoint',
    'core',
    'descriptors',
    'engines/image-directory',
    'engines/selection',
    'image',
    'observe',
    'origins',
    'runtime',
  ],
  management: ['checkpoint', 'composition', 'core', 'descriptors', 'engines/engine'],
  coordination: ['core', 'errors', 'management'],
  testing: ['checkpoint', 'core', 'engines/engine'],
  adapters: ['core'],
  sources: ['binding', 'checkpoint', 'composition', 'core'],
  register: [
    'binding',
    'checkpoint',
    'composition',
    'control',
    'core',
    'descriptors',
    'engines/selection',
    'errors',
    'image',
    'moment',
    'origins',
    'runtime',
  ],
  cli: [
    'control',
    'core',
    'descriptors',
    'engines/engine',
    'engines/selection',
    'errors',
    'image',
    'management',
    'runtime',
    'cli-table3',
    'commander',
  ],
};

/** The layer that knows which engines there are. */
const SELECTION = 'engines/selection';

/** The layer of each file that lies in no folder. */
const TOP_LEVEL: Readonly<Record<string, string>> = {
  'attend-checkpoints.ts': 'register',
  'check-configuration.ts': 'register',
  'composition.ts': 'composition',
  'configured-directory.ts': 'management',
  'core-facade.ts': 'coordination',
  'explain-process.ts': 'register',
  'describe-error.ts': 'errors',
  'describe-open.ts': 'errors',
  'error-details.ts': 'errors',
  'errors.ts': 'errors',
  'exceptions.ts': 'errors',
  'index.ts': 'coordination',
  'management.ts': 'management',
  'measure-process.ts': 'composition',
  'name-images.ts': 'composition',
  'metrics.ts': 'management',
  'process-target.ts': 'register',
  'register.ts': 'register',
  'render-failure.ts': 'errors',
  'start-control.ts': 'register',
  'start-engine.ts': 'register',
  'start-moment.ts': 'register',
  'testing.ts': 'testing',
  'unattended-checkpoint.ts': 'register',
};

const source = join(repository, 'src');
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);

describe('the layers of src/', () => {
  it('import one way only', () => {
    const wrong = files.flatMap((file) => {
      const layer = layerOf(file);
      return importsOf(file)
        .map((target) => ({ target, to: target.endsWith('.ts') ? layerOf(target) : target }))
        .filter(({ to }) => to !== layer && !ALLOWED[layer]?.includes(to))
        .map(({ target }) => `${file} (${layer}) imports ${target}`);
    });
    assert.deepEqual(wrong, []);
  });

  it('need every permission that they have', () => {
    const needed = new Set(
      files.flatMap((file) =>
        importsOf(file).map(
          (target) => `${layerOf(file)} > ${target.endsWith('.ts') ? layerOf(target) : target}`,
        ),
      ),
    );
    const idle = Object.entries(ALLOWED).flatMap(([layer, targets]) =>
      targets.map((target) => `${layer} > ${target}`).filter((arrow) => !needed.has(arrow)),
    );
    assert.deepEqual(idle, []);
  });

  it('are told as they are in ARCHITECTURE.md', () => {
    const rows = readFileSync(join(repository, 'ARCHITECTURE.md'), 'utf8').matchAll(
      /^\| `src\/([\w./-]+)` \|.*\| ([\w/, -]+) \|$/gm,
    );
    const told = [...rows].map(([, path = '', imports = '']) => [
      layerOf(path.endsWith('/') ? `${path}any.ts` : path),
      imports === 'nothing' ? [] : imports.split(', '),
    ]);
    const sorted = (table: object): object =>
      Object.fromEntries(Object.entries(table).map(([layer, targets]) => [layer, [...targets].sort()]));
    assert.deepEqual(sorted(Object.fromEntries(told)), sorted(ALLOWED));
  });

  it('have no circle in their table', () => {
    const visit = (layer: string, path: readonly string[]): void => {
      assert.ok(!path.includes(layer), `${[...path, layer].join(' -> ')} is a circle`);
      for (const next of ALLOWED[layer] ?? []) visit(next, [...path, layer]);
    };
    for (const layer of Object.keys(ALLOWED)) visit(layer, []);
  });

  it('know an engine where engines are selected only', () => {
    const importers = files
      .filter((file) => !file.startsWith('engines/'))
      .filter((file) =>
        importsOf(file).some((target) => /^engines\/[^/]+\//.test(target) && layerOf(target) !== SELECTION),
      );
    assert.deepEqual(importers, []);
  });

  it('load no package where an application imports them', () => {
    const importers = files.filter((file) => importsOf(file).some((target) => !target.endsWith('.ts')));
    assert.deepEqual(
      importers.filter((file) => layerOf(file) !== 'cli'),
      [],
    );
  });
});

describe('the sources in src/', () => {
  const forbidden: readonly [what: string, pattern: RegExp][] = [
    ['throws an error that is not in the table', /throw new (?:Type|Range)?Error\(/],
    ['exports a default', /^export default /m],
    ['uses an enum or a namespace', /^(?:export )?(?:const )?(?:enum|namespace) /m],
    ['uses any', /[:<,]\s*any\b(?!\w)/],
    ['suppresses the type checker', /@ts-(?:ignore|expect-error|nocheck)/],
    ['leaves work undone', /\b(?:TODO|FIXME|XXX)\b/],
  ];
  for (const [what, pattern] of forbidden) {
    it(`hold no file that ${what}`, () => {
      assert.deepEqual(
        files.filter((file) => pattern.test(codeOf(file))),
        [],
      );
    });
  }

  it('hold no file of more than 300 lines', () => {
    assert.deepEqual(
      files.filter((file) => readFileSync(join(source, file), 'utf8').split('\n').length > 301),
      [],
    );
  });

  it('have a test folder for every folder', () => {
    const folders = (path: string): string[] =>
      readdirSync(path, { withFileTypes: true }).flatMap((entry) =>
        entry.isDirectory() ? [entry.name] : [],
      );
    const tested = new Set(folders(join(repository, 'test')));
    assert.deepEqual(
      folders(source).filter((folder) => !tested.has(folder) && !UNTESTED_ALONE.has(folder)),
      [],
    );
  });
});

/** Folders whose behaviour only shows in a real checkpoint: `test/survives` and `test/faults` are their tests. */
const UNTESTED_ALONE: ReadonlySet<string> = new Set(['binding', 'engines']);

function layerOf(file: string): string {
  const [folder = '', second = ''] = file.split('/');
  if (folder === file)
    return TOP_LEVEL[file] ?? assert.fail(`${file} belongs to no layer: name its layer in this test.`);
  if (folder !== 'engines') return folder;
  return /^engine\b/.test(second) ? 'engines/engine' : `engines/${second.replace(/\.ts$/, '')}`;
}

/** Modules that a file imports, types included: paths below src/, or names of packages. */
function importsOf(file: string): string[] {
  return ts
    .preProcessFile(readFileSync(join(source, file), 'utf8'), true, true)
    .importedFiles.map(({ fileName }) => fileName)
    .filter((name) => !name.startsWith('node:'))
    .map((name) => (name.startsWith('.') ? join(dirname(file), name).replace(/\.js$/, '.ts') : name));
}

function codeOf(file: string): string {
  return readFileSync(join(source, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
}
