import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import ts from 'typescript';
import { repository } from './support/paths.js';

const PAGE = 'docs/guide/crac-compared.md';

/** How many items the founding documents of CRaC name. */
const ITEMS = 54;

/** A sentence that says why there is no proof. */
const REASON = /^(?:Left out|Open): [^|]{20,}\.$/;

/** Rows of each of the other tables, so that none is lost unnoticed. */
const OTHER_ROWS: Readonly<Record<string, number>> = {
  'Options of the virtual machine': 29,
  'System properties': 9,
  'Options of engines': 12,
  'Environment variables': 3,
};

interface Proof {
  readonly title: string;
  readonly file: string;
}

const page = readFileSync(join(repository, PAGE), 'utf8');

describe('the comparison with CRaC', () => {
  it('has every item of the founding documents, in order', () => {
    const numbers = rowsOf('Systems, features, wishes and concerns').map(([number]) => Number(number));
    assert.deepEqual(
      numbers,
      Array.from({ length: ITEMS }, (_, index) => index + 1),
    );
  });

  it('has every option, property and variable once', () => {
    for (const [heading, count] of Object.entries(OTHER_ROWS)) {
      const names = rowsOf(heading).map(([name]) => name);
      assert.equal(names.length, count, heading);
      assert.equal(new Set(names).size, count, heading);
    }
  });

  it('proves each row by a test or says why not', () => {
    const unproved = allRows().filter((cells) => {
      const last = cells.at(-1) ?? '';
      return proofsIn(last).length === 0 && !REASON.test(last);
    });
    assert.deepEqual(unproved, []);
  });

  it('names tests that exist, by their titles', () => {
    const missing = allRows()
      .flatMap((cells) => proofsIn(cells.at(-1) ?? ''))
      .filter(({ file, title }) => !titlesOf(file).has(title));
    assert.deepEqual(missing, []);
  });
});

function allRows(): readonly (readonly string[])[] {
  return ['Systems, features, wishes and concerns', ...Object.keys(OTHER_ROWS)].flatMap(rowsOf);
}

/** The cells of the table below a heading, without its head. */
function rowsOf(heading: string): readonly (readonly string[])[] {
  const [, below = ''] = page.split(`\n## ${heading}\n`);
  const [chapter = ''] = below.split('\n## ');
  const lines = chapter.split('\n').filter((line) => line.startsWith('| '));
  return lines.slice(1).map((line) => line.slice(2, -2).split(' | '));
}

function proofsIn(cell: string): readonly Proof[] {
  return [...cell.matchAll(/\[([^\]]+)\]\(\.\.\/\.\.\/(test\/[\w/-]+(?:\.test)?\.ts)\)/g)].map(
    ([, title = '', file = '']) => ({ title, file }),
  );
}

const known = new Map<string, ReadonlySet<string>>();

/** Titles of the tests in a file, with `…` for what is filled in. */
function titlesOf(file: string): ReadonlySet<string> {
  const found = known.get(file);
  if (found !== undefined) return found;
  const titles = new Set<string>();
  const path = join(repository, file);
  if (existsSync(path)) {
    const visit = (node: ts.Node): void => {
      const title = titleOf(node);
      if (title !== undefined) titles.add(title);
      ts.forEachChild(node, visit);
    };
    visit(ts.createSourceFile(file, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest));
  }
  known.set(file, titles);
  return titles;
}

function titleOf(node: ts.Node): string | undefined {
  if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression)) return undefined;
  const [title] = node.arguments;
  if (!['it', 'test'].includes(node.expression.text) || title === undefined) return undefined;
  if (ts.isStringLiteralLike(title)) return title.text;
  if (!ts.isTemplateExpression(title)) return undefined;
  const { head, templateSpans } = title;
  return head.text + templateSpans.map(({ literal }) => `…${literal.text}`).join('');
}
