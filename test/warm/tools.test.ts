import assert from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { crac, repository } from '../support/paths.js';
import { scratch } from '../support/scratch.js';
import { type Ended, start } from '../support/start.js';

const TOOLS = join(repository, 'test/tools/node_modules/.bin');
const TIMEOUT = 120_000;

/** Real inputs: sources and documents of this project. */
const SOURCES = ['core/context', 'core/deadline', 'image/elf', 'image/record', 'cli/main', 'errors'].map(
  (name) => join(repository, `dist/${name}.js`),
);
const DOCUMENTS = ['README.md', 'ARCHITECTURE.md', 'docs/reference/cli.md', 'docs/limitations.md'].map(
  (name) => join(repository, name),
);

interface Workshop {
  readonly folder: string;
  readonly sources: readonly string[];
  readonly documents: readonly string[];
}

/** A folder of its own with copies of the inputs. */
function makeWorkshop(t: TestContext): Workshop {
  const folder = scratch(t);
  const copy = (file: string): string => {
    const name = basename(file);
    copyFileSync(file, join(folder, name));
    return name;
  };
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(
    join(folder, 'eslint.config.js'),
    'export default [{ rules: { "no-undef": "error", "prefer-const": "error", "no-unused-vars": "error", semi: "error" } }];',
  );
  return { folder, sources: SOURCES.map(copy), documents: DOCUMENTS.map(copy) };
}

function run(t: TestContext, command: readonly string[], cwd: string, input = ''): Promise<Ended> {
  const env = { PATH: `${dirname(process.execPath)}:${TOOLS}:${process.env['PATH']}` };
  const running = start(t, command, { cwd, env, timeout: TIMEOUT, stdio: ['pipe', 'pipe', 'pipe'] });
  running.child.stdin?.on('error', () => {}).end(input);
  return running.ended;
}

async function warm(t: TestContext, folder: string, tool: string, args: readonly string[]): Promise<string> {
  const ended = await run(t, [crac, 'warm', tool, '--', ...args], folder);
  assert.deepEqual([ended.code, ended.stderr], [0, ''], `${ended.stdout}${ended.stderr}`);
  assert.match(ended.stdout, /^OK: .*\n.* with the same output\.\n$/);
  return join(folder, `${tool}-warm`);
}

/** Asserts that the restored tool is the plain one to whoever calls it; gives how it ended. */
async function assertSame(
  t: TestContext,
  script: string,
  { args, cwd, input }: { args: readonly string[]; cwd: string; input?: string },
): Promise<Ended> {
  const tool = join(TOOLS, basename(script).replace(/-warm$/, ''));
  const plain = await run(t, [process.execPath, tool, ...args], cwd, input);
  const restored = await run(t, [script, ...args], cwd, input);
  assert.deepEqual(restored, plain, `${tool} ${args.join(' ')}`);
  return plain;
}

describe('crac warm', () => {
  it('eslint: each file, each exit code, standard input, other configuration', async (t) => {
    const { folder, sources } = makeWorkshop(t);
    const script = await warm(t, folder, 'eslint', [sources[0] ?? '']);
    const codes = new Set<number | null>();
    for (const source of sources)
      codes.add((await assertSame(t, script, { args: [source], cwd: folder })).code);
    assert.deepEqual(
      [...codes].sort(),
      [0, 1],
      'some sources use a global that this configuration does not know',
    );
    const stdin = await assertSame(t, script, { args: ['--stdin'], cwd: folder, input: 'let a = 1;\n' });
    assert.match(stdin.stdout, /prefer-const/);
    assert.equal((await assertSame(t, script, { args: ['--version'], cwd: folder })).code, 0);
    assert.equal((await assertSame(t, script, { args: ['no-such-file.js'], cwd: folder })).code, 2);
    writeFileSync(join(folder, 'eslint.config.js'), 'export default [{ rules: {} }];');
    assert.equal((await assertSame(t, script, { args: [...sources], cwd: folder })).code, 0);
  });

  it('prettier: each file, another working directory, files written in place', async (t) => {
    const { folder, sources, documents } = makeWorkshop(t);
    const script = await warm(t, folder, 'prettier', [sources[0] ?? '']);
    for (const file of [...sources, ...documents]) await assertSame(t, script, { args: [file], cwd: folder });
    const elsewhere = join(folder, 'elsewhere');
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, '.prettierrc'), '{ "semi": false, "tabWidth": 7 }');
    const [plain, restored] = ['plain.js', 'restored.js'].map((name) => join(elsewhere, name));
    for (const file of [plain, restored]) copyFileSync(join(folder, sources[1] ?? ''), file ?? '');
    await run(t, [process.execPath, join(TOOLS, 'prettier'), '--write', 'plain.js'], elsewhere);
    await run(t, [script, '--write', 'restored.js'], elsewhere);
    const compared = await run(t, ['cmp', 'plain.js', 'restored.js'], elsewhere);
    assert.deepEqual([compared.code, compared.stdout], [0, '']);
    const check = await assertSame(t, script, {
      args: ['--check', 'plain.js', 'restored.js'],
      cwd: elsewhere,
    });
    assert.equal(check.code, 0);
  });

  it('tsc: errors with their places, and files that it writes', async (t) => {
    const { folder } = makeWorkshop(t);
    writeFileSync(
      join(folder, 'good.ts'),
      'export const a: number = 1;\nexport class B { #c = a; d() { return this.#c; } }\n',
    );
    writeFileSync(join(folder, 'bad.ts'), 'export const a: string = 1;\nimport "./nowhere";\n');
    const options = ['--strict', '--target', 'es2022', '--module', 'nodenext'];
    const script = await warm(t, folder, 'tsc', [...options, '--noEmit', 'good.ts']);
    const bad = await assertSame(t, script, { args: [...options, '--noEmit', 'bad.ts'], cwd: folder });
    assert.match(bad.stdout, /bad\.ts\(1,14\): error TS2322/);
    await assertSame(t, script, { args: [...options, '--outDir', 'plain', 'good.ts'], cwd: folder });
    await run(t, [script, ...options, '--outDir', 'restored', 'good.ts'], folder);
    const compared = await run(t, ['diff', '-r', 'plain', 'restored'], folder);
    assert.deepEqual([compared.code, compared.stdout], [0, '']);
    assert.deepEqual(readdirSync(join(folder, 'restored')), ['good.js']);
  });

  it('marked: each document, also from standard input, many at the same time', async (t) => {
    const { folder, documents } = makeWorkshop(t);
    const script = await warm(t, folder, 'marked', ['-i', documents[0] ?? '']);
    for (const document of documents) await assertSame(t, script, { args: ['-i', document], cwd: folder });
    const input = '# one\n\n* two\n';
    const piped = await assertSame(t, script, { args: [], cwd: folder, input });
    assert.match(piped.stdout, /<h1>one<\/h1>/);
    const many = await Promise.all(
      Array.from({ length: 10 }, () => run(t, [script, '-i', documents[0] ?? ''], folder)),
    );
    assert.equal(new Set(many.map(({ stdout }) => stdout)).size, 1);
  });

  it('runs a tool plainly that has changed since, and one whose image is gone', async (t) => {
    const folder = scratch(t);
    const tool = join(folder, 'tool.cjs');
    writeFileSync(tool, 'console.log("old", ...process.argv.slice(2)); process.exitCode = 3;');
    const made = await run(t, [crac, 'warm', './tool.cjs', '--script', 's', '--to', 'i', '--json'], folder);
    assert.equal(made.code, 0, made.stderr);
    assert.deepEqual(Object.keys(JSON.parse(made.stdout)), [
      'tool',
      'directory',
      'script',
      'plain',
      'restored',
    ]);
    const script = join(folder, 's');
    const same = await run(t, [script, 'a  b'], folder);
    assert.deepEqual([same.code, same.stdout, same.stderr], [3, 'old a  b\n', '']);
    writeFileSync(tool, 'console.log("new", ...process.argv.slice(2)); process.exitCode = 4;');
    const changed = await run(t, [script, 'a  b'], folder);
    assert.deepEqual([changed.code, changed.stdout], [4, 'new a  b\n']);
    assert.match(
      changed.stderr,
      /^crac: .*tool\.cjs has changed since its image was made: run crac warm again\.\n$/,
    );
    writeFileSync(join(folder, 'i/process.core'), '');
    const gone = await run(t, [script, 'a  b'], folder);
    assert.deepEqual([gone.code, gone.stdout], [4, 'new a  b\n']);
    assert.match(gone.stderr, /^crac restore: .*damaged.* Starting .*node instead\.\n$/);
  });

  it('runs ECMAScript modules, and tools that end their process at any place', async (t) => {
    const folder = scratch(t);
    const endings = [
      '',
      'process.exit(5);',
      'setTimeout(() => process.exit(5), 10);',
      'try { process.exit(5) } finally {}',
    ];
    for (const [number, ending] of endings.entries()) {
      writeFileSync(
        join(folder, 'tool.mjs'),
        `let runs = 0;
         process.on('exit', () => console.log('exit', runs));
         console.log(process.argv.length, ++runs);
         ${ending}`,
      );
      const options = ['--script', `s${number}`, '--to', `i${number}`, '--runs', '3'];
      const made = await run(t, [crac, 'warm', './tool.mjs', ...options], folder);
      assert.equal(made.code, 0, made.stderr);
      const ended = await run(t, [join(folder, `s${number}`), 'x'], folder);
      assert.deepEqual([ended.code, ended.stdout], [ending === '' ? 0 : 5, '3 1\nexit 1\n'], ending);
    }
  });

  it('has what keeps options and arguments of a run loaded again', async (t) => {
    const folder = scratch(t);
    const commander = JSON.stringify(join(repository, 'node_modules/commander'));
    const files = {
      'tool.cjs': 'require("./main.cjs");',
      'main.cjs': `Object.defineProperty(exports, '__esModule', { value: true });
        const { options, kept } = require('./options.cjs');
        console.log(options.parse().opts(), require('./words.cjs'), kept.loaded += 1);`,
      'options.cjs': `exports.options = require(${commander}).program.allowExcessArguments().option('-n, --name <name>');
        exports.kept = require('./kept.cjs');`,
      'words.cjs': 'module.exports = process.argv.slice(2);',
      'kept.cjs': 'exports.loaded = 0;',
      'tool.mjs': `import { program } from ${commander.replace(/"$/, '/esm.mjs"')};
        console.log(program.argument('[word]').option('-n, --name <name>').parse().opts(), program.args);`,
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    for (const tool of ['tool.mjs', 'tool.cjs']) {
      const options = [`./${tool}`, '--script', `${tool}-s`, '--', 'a'];
      const made = await run(t, [crac, 'warm', ...options], folder);
      if (tool === 'tool.cjs') {
        // What keeps neither stays, as its count shows.
        assert.match(made.stderr, /writes ".* 3" to stdout where a plain one writes ".* 1"/);
        writeFileSync(
          join(folder, 'kept.cjs'),
          'module.exports = { get loaded() { return 0; }, set loaded(_) {} };',
        );
        const again = await run(t, [crac, 'warm', ...options], folder);
        assert.equal(again.code, 0, again.stderr);
      } else assert.equal(made.code, 0, made.stderr);
      for (const args of [['-n', 'x', 'b'], ['--nonsense'], []]) {
        const plain = await run(t, [process.execPath, tool, ...args], folder);
        assert.deepEqual(await run(t, [join(folder, `${tool}-s`), ...args], folder), plain);
      }
    }
  });

  it('refuses a tool that would go on with the arguments of its warm-up', async (t) => {
    const folder = scratch(t);
    writeFileSync(join(folder, 'words.mjs'), 'export default process.argv.slice(2).join();');
    writeFileSync(join(folder, 'tool.mjs'), 'import words from "./words.mjs"; console.log(words);');
    const { code, stderr } = await run(t, [crac, 'warm', './tool.mjs', '--', 'a'], folder);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /with --help behind the arguments of the warm-up, a restored run writes "a" to stdout where a plain one writes "a,--help"/,
    );
    assert.deepEqual(readdirSync(folder).sort(), ['tool.mjs', 'words.mjs']);
  });

  it('runs tools that end at errors of their own, by a function of their own, or say how long they took', async (t) => {
    const folder = scratch(t);
    writeFileSync(join(folder, 'exit.cjs'), 'exports.exit = process.exit;');
    writeFileSync(
      join(folder, 'tool.cjs'),
      `const { exit } = require('./exit.cjs');
       process.on('uncaughtException', (error) => { console.log(error.message); setImmediate(() => process.exit(9)); });
       if (process.argv[2] !== 'throw') setTimeout(() => console.log('left by the warm-up'), 1000).unref();
       console.log('took', process.hrtime()[1] + 'ms');
       setTimeout(() => { if (process.argv[2] === 'throw') throw new Error('thrown'); exit(5); }, 10);`,
    );
    const made = await run(t, [crac, 'warm', './tool.cjs'], folder);
    assert.equal(made.code, 0, made.stderr);
    const due = Date.now() + 1000;
    let isDue: boolean;
    do {
      isDue = Date.now() > due;
      const ended = await run(t, [join(folder, 'tool-warm'), 'x'], folder);
      assert.equal(ended.code, 5, ended.stderr);
      assert.match(ended.stdout, /^took \d+ms\n$/);
    } while (!isDue);
    const thrown = await run(t, [join(folder, 'tool-warm'), 'throw'], folder);
    assert.equal(thrown.code, 9, thrown.stderr);
    assert.match(thrown.stdout, /^took \d+ms\nthrown\n$/);
  });

  it('has an installed tool run what it works on again, as it is then', async (t) => {
    const folder = scratch(t);
    mkdirSync(join(folder, 'node_modules/runner'), { recursive: true });
    writeFileSync(
      join(folder, 'node_modules/runner/runner.cjs'),
      `const { Module } = require('node:module');
       Module._extensions['.txt'] = Module._extensions['.js'];
       process.argv = [process.argv[0], require('node:path').resolve(process.argv[2])];
       Module.runMain();`,
    );
    writeFileSync(join(folder, 'work.txt'), 'exports.kept = 1; console.log("old", require.main === module);');
    const options = ['node_modules/runner/runner.cjs', '--script', 's', '--', 'work.txt'];
    const made = await run(t, [crac, 'warm', ...options], folder);
    assert.equal(made.code, 0, made.stderr);
    writeFileSync(join(folder, 'work.txt'), 'console.log("new")');
    const ended = await run(t, [join(folder, 's'), './work.txt'], folder);
    assert.deepEqual([ended.code, ended.stdout, ended.stderr], [0, 'new\n', '']);
  });

  it('writes the compile cache of a tool once, and not in each restored run', async (t) => {
    const folder = scratch(t);
    const LIBRARIES = 50;
    for (let number = 0; number < LIBRARIES; number += 1)
      writeFileSync(join(folder, `library${number}.cjs`), `exports.answer = () => ${number};`);
    writeFileSync(
      join(folder, 'tool.cjs'),
      `require('node:module').enableCompileCache?.(${JSON.stringify(join(folder, 'cache'))});
       for (let number = 0; number < ${LIBRARIES}; number += 1) console.log(require('./library' + number + '.cjs').answer());`,
    );
    const made = await run(t, [crac, 'warm', './tool.cjs'], folder);
    assert.equal(made.code, 0, made.stderr);
    const cached = (): readonly string[] =>
      existsSync(join(folder, 'cache'))
        ? readdirSync(join(folder, 'cache'), { recursive: true, encoding: 'utf8' })
            .sort()
            .map((name) => `${name} ${statSync(join(folder, 'cache', name)).mtimeMs}`)
        : [];
    const before = cached();
    const ended = await run(t, [join(folder, 'tool-warm')], folder);
    assert.deepEqual([ended.code, ended.stdout.split('\n').length], [0, LIBRARIES + 1]);
    const written = cached().filter((file) => !before.includes(file));
    assert.ok(written.length < LIBRARIES, `${written.length} files were written`);
  });

  it('overwrites and removes nothing that is not its own', async (t) => {
    const folder = scratch(t);
    writeFileSync(join(folder, 'counts.cjs'), 'console.log(globalThis.n = (globalThis.n ?? 0) + 1)');
    writeFileSync(join(folder, 'precious.txt'), 'precious');
    const unfit = await run(t, [crac, 'warm', './counts.cjs', '--to', '.'], folder);
    assert.match(unfit.stderr, /cannot be run twice/);
    const foreign = await run(t, [crac, 'warm', './counts.cjs', '--script', 'precious.txt'], folder);
    assert.equal(foreign.code, 1);
    assert.match(foreign.stderr, /precious\.txt is there already and no script of crac warm/);
    assert.deepEqual(readdirSync(folder).sort(), ['counts.cjs', 'precious.txt']);
    assert.equal(readFileSync(join(folder, 'precious.txt'), 'utf8'), 'precious');
  });

  it('leaves nothing of a tool that is not fit for it, and says why', async (t) => {
    const folder = scratch(t);
    writeFileSync(join(folder, 'counts.cjs'), 'console.log(globalThis.n = (globalThis.n ?? 0) + 1)');
    writeFileSync(join(folder, 'fails.cjs'), 'throw new Error("no luck")');
    writeFileSync(join(folder, 'leaves.cjs'), 'process.reallyExit(0)');
    writeFileSync(join(folder, 'notes.txt'), 'no program');
    const cases: readonly [tool: string, code: number, message: RegExp][] = [
      [
        './counts.cjs',
        1,
        /a restored run writes "3" to stdout where a plain one writes "1": it cannot be run twice/,
      ],
      ['./leaves.cjs', 1, /its warm-up ended with status 0 before there was an image/],
      ['./fails.cjs', 1, /its warm-up ended with status 1:\n.*no luck/s],
      ['fails.cjs', 1, /its warm-up ended with status 1/],
      ['./notes.txt', 69, /notes\.txt is no JavaScript program/],
      ['no-such-tool', 69, /there is no such file or command/],
    ];
    for (const [tool, code, message] of cases) {
      const ended = await run(t, [crac, 'warm', tool], folder);
      assert.equal(ended.code, code, ended.stderr);
      assert.match(ended.stderr, message);
    }
    assert.equal(existsSync(join(folder, 'counts-warm')), false);
    assert.deepEqual(readdirSync(folder).sort(), ['counts.cjs', 'fails.cjs', 'leaves.cjs', 'notes.txt']);
  });
});
