import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isCracException } from '#dist/errors.js';
import {
  checkPath,
  expandPath,
  literalPath,
  type PathFacts,
  PLACEHOLDERS,
} from '#dist/image/placeholders.js';

const FACTS: PathFacts = {
  arch: () => 'x64',
  cpuFeatures: () => 'ff00',
  uuid: () => '123e4567-e89b-42d3-a456-426614174000',
  now: () => Date.UTC(2026, 0, 31, 23, 59, 58, 999),
  bootTime: () => Date.UTC(2026, 0, 31, 12, 0, 0),
  restoreTime: () => Date.UTC(2026, 0, 31, 13, 0, 1),
  pid: () => 4242,
  processors: () => 8,
  maxHeap: () => 2096 * 1024 * 1024,
  generation: () => 3,
};

function assertInvalid(path: string, reason: RegExp): void {
  const isExpected = (error: unknown): boolean =>
    isCracException(error) && error.code === 'ERR_CRAC_PLACEHOLDER_INVALID' && reason.test(error.message);
  assert.throws(() => expandPath(path, FACTS), isExpected);
  assert.throws(() => checkPath(path), isExpected);
}

test('each placeholder stands for what CRaC has under its letter', () => {
  const expected = {
    '%%': '%',
    '%a': 'x64',
    '%f': 'ff00',
    '%u': '123e4567-e89b-42d3-a456-426614174000',
    '%t': '20260131T235958Z',
    '%T': '1769903998',
    '%b': '20260131T120000Z',
    '%B': '1769860800',
    '%r': '20260131T130001Z',
    '%R': '1769864401',
    '%p': '4242',
    '%c': '8',
    '%m': '2096M',
    '%g': '3',
  };
  for (const [placeholder, text] of Object.entries(expected))
    assert.equal(expandPath(`/a/${placeholder}.b`, FACTS), `/a/${text}.b`);
  assert.deepEqual(
    Object.keys(expected)
      .map((placeholder) => placeholder.slice(1))
      .sort(),
    [...PLACEHOLDERS].sort(),
  );
});

test('numbers are filled up with zeros or blanks, and never cut', () => {
  assert.equal(expandPath('%06p|%6p|%02p|%2p', FACTS), '004242|  4242|4242|4242');
  assert.equal(expandPath('%03g/%012m', FACTS), '003/002197815296');
});

test('the size of the heap is written in the largest unit that leaves no rest', () => {
  const written = (bytes: number): string => expandPath('%m', { ...FACTS, maxHeap: () => bytes });
  assert.deepEqual([0, 1, 1024, 1536, 3 * 1024 ** 3, 1024 ** 4].map(written), [
    '0',
    '1',
    '1k',
    '1536',
    '3G',
    '1024G',
  ]);
});

test('what is no placeholder is refused, also long before the path is needed', () => {
  assertInvalid('/images/%x', /"%x" is no placeholder: "x" is none of/);
  assertInvalid('/images/100%', /"%" is no placeholder/);
  assertInvalid('/images/%0p', /a width must follow the 0/);
  assertInvalid('/images/%5t', /only numbers have a width/);
  assertInvalid('/images/%05%', /only numbers have a width/);
  assertInvalid('/images/%999g', /may not be wider than 64/);
});

test('a literal path expands to itself, whatever it holds', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('%', '0', 'g', '/', 'ä') }), (path) => {
      assert.equal(expandPath(literalPath(path), FACTS), path);
    }),
  );
});

test('a path is checked as it is expanded, whatever it holds', () => {
  const piece = fc.oneof(fc.constantFrom('%', '0', '7', '/', ...PLACEHOLDERS), fc.string({ maxLength: 2 }));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const path = pieces.join('');
      const expanded = outcome(() => expandPath(path, FACTS));
      const checked = outcome(() => checkPath(path));
      assert.equal(typeof expanded === 'string', checked === undefined);
      if (typeof expanded === 'string' && !path.includes('%')) assert.equal(expanded, path);
    }),
  );
});

/** What a call returns or throws. */
function outcome(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}
