import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import ts from 'typescript';
import { ERROR_CODES } from '#dist/errors.js';
import { RUNTIME_RESOURCES } from '#dist/runtime/runtime.js';
import { repository } from './support/paths.js';
import { runToEnd } from './support/start.js';

/** Options of other programs that the page of the command mentions. */
const FOREIGN_OPTIONS = ['--import', '--require', '--no-warnings'];

const ENTRIES = ['index', 'management', 'metrics', 'register', 'adapters/index', 'sources/index', 'testing'];

/** The entry that has a page of its own. */
const ENGINE_ENTRY = 'engines/engine';

describe('the reference pages say what the code says', () => {
  it('names every error code and no other', () => {
    assert.deepEqual(wordsOf('docs/reference/errors.md', /\bERR_CRAC_[A-Z_]+\b/g), ERROR_CODES);
  });

  it('names every environment variable and no other', () => {
    const pattern = /(?<![A-Z_])CRAC_[A-Z_]+\b/g;
    const used = unique(list('src', '.ts').flatMap((file) => readQuoted(file).match(pattern) ?? []));
    const shim = read('bin/crac').match(pattern) ?? [];
    assert.deepEqual(wordsOf('docs/reference/environment.md', pattern), unique([...used, ...shim]));
  });

  it('names every option of the command and no other', async (t) => {
    const options = /(?<![\w-])--[a-z][a-z-]*/g;
    const help = async (...verb: string[]): Promise<string> =>
      (await runToEnd(t, [process.execPath, join(repository, 'dist/cli/main.js'), ...verb, '--help'])).stdout;
    const overview = await help();
    const verbs = [...overview.matchAll(/^ {2}([a-z]+)(?: |\n)/gm)].map(([, verb = '']) => verb);
    assert.ok(verbs.length >= 6, overview);
    const pages = await Promise.all(verbs.map((verb) => help(verb)));
    const defined = unique([overview, ...pages].flatMap((page) => page.match(options) ?? []));
    const named = wordsOf('docs/reference/cli.md', options).filter(
      (option) => !FOREIGN_OPTIONS.includes(option),
    );
    assert.deepEqual(
      named,
      defined.filter((option) => !FOREIGN_OPTIONS.includes(option)),
    );
    for (const verb of verbs) assert.match(read('docs/reference/cli.md'), new RegExp(`crac ${verb}\\b`));
  });

  it('names every resource of Node.js itself, in the order of a restore', () => {
    const rows = [...read('docs/guide/what-changes.md').matchAll(/^\| `([a-z-]+)` \|/gm)].map(
      ([, name]) => name,
    );
    assert.deepEqual(rows, RUNTIME_RESOURCES.map(({ name }) => name).reverse());
  });

  it('links every resource of Node.js itself to its test', () => {
    const rows = read('docs/guide/what-changes.md').match(/^\| `[a-z-]+` \|.*$/gm) ?? [];
    const untested = rows.filter((row) => !/\]\(\.\.\/\.\.\/test\/[\w/-]+\.test\.ts\) \|$/.test(row));
    assert.deepEqual(untested, []);
  });

  it('names every public export, and heads nothing else with code', () => {
    const exported = ENTRIES.flatMap((entry) => exportsOf(join(repository, `dist/${entry}.d.ts`)));
    const page = read('docs/reference/api.md');
    const missing = exported.filter((name) => !new RegExp(`\`[^\`\n]*\\b${name}\\b`).test(page));
    assert.deepEqual(unique(missing), []);
    const headings = [...page.matchAll(/^#+ `(?:new )?([A-Za-z]+)/gm)].map(([, name = '']) => name);
    const known = new Set([...exported, 'node']);
    assert.deepEqual(
      headings.filter((name) => !known.has(name)),
      [],
    );
  });
});

describe('the page of engines', () => {
  it('names every export of the entry', () => {
    const page = read('docs/reference/engine.md');
    const missing = exportsOf(join(repository, `dist/${ENGINE_ENTRY}.d.ts`)).filter(
      (name) => !new RegExp(`\`[^\`\n]*\\b${name}\\b`).test(page),
    );
    assert.deepEqual(missing, []);
  });
});

describe('the documents', () => {
  const documents = ['.', 'docs', 'docs/guide', 'docs/reference']
    .flatMap((folder) => readdirSync(join(repository, folder)).map((name) => join(folder, name)))
    .filter((file) => file.endsWith('.md'));

  it('link to what is there', () => {
    const broken = documents.flatMap((file) =>
      linksOf(file)
        .filter((link) => !resolves(file, link))
        .map((link) => `${file}: ${link}`),
    );
    assert.deepEqual(broken, []);
  });

  it('in docs/ are all reached from the README or the table of contents', () => {
    const reached = new Set<string>();
    const visit = (file: string): void => {
      if (reached.has(file) || !documents.includes(file)) return;
      reached.add(file);
      for (const link of linksOf(file)) visit(join(dirname(file), link.replace(/#.*$/, '')));
    };
    visit('README.md');
    visit('docs/README.md');
    assert.deepEqual(
      documents.filter((file) => file.startsWith('docs/') && !reached.has(file)),
      [],
    );
  });
});

function linksOf(file: string): string[] {
  const text = read(file).replaceAll(/^```[\s\S]*?^```/gm, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link));
}

function resolves(file: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? file : join(dirname(file), path);
  if (!existsSync(join(repository, target))) return false;
  return anchor === undefined || anchorsOf(target).includes(anchor);
}

function anchorsOf(file: string): string[] {
  return [...read(file).matchAll(/^#+ +(.*)$/gm)].map(([, title = '']) =>
    title
      .trim()
      .toLowerCase()
      .replaceAll(/[^\p{Letter}\p{Number}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function exportsOf(file: string): string[] {
  const program = ts.createProgram([file], { module: ts.ModuleKind.NodeNext, skipLibCheck: true });
  const source = program.getSourceFile(file);
  const symbol = source && program.getTypeChecker().getSymbolAtLocation(source);
  return symbol
    ? program
        .getTypeChecker()
        .getExportsOfModule(symbol)
        .map(({ name }) => name)
    : [];
}

function wordsOf(file: string, pattern: RegExp): string[] {
  return unique(read(file).match(pattern) ?? []);
}

/** The string literals and property names of a file, which is where names of variables stand. */
function readQuoted(file: string): string {
  return read(file).replaceAll(/\/\*[\s\S]*?\*\//g, '');
}

function list(folder: string, extension: string): string[] {
  return readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(extension))
    .map((file) => join(folder, file));
}

function read(file: string): string {
  return readFileSync(join(repository, file), 'utf8');
}

function unique(words: readonly string[]): string[] {
  return [...new Set(words)].sort();
}
