import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isCracException } from '#dist/errors.js';
import { checkLabels, parseLabels, splitLabels } from '#dist/image/labels.js';
import { createTags, missingLabel, parseTags, stringifyTags } from '#dist/image/tags.js';

const names = fc.string({ minLength: 1, maxLength: 20 }).filter((name) => /^[^=\n\0]+$/.test(name));
const values = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((value) => /^[^\n\0]*$/.test(value));

test('a label has a value of its own, of a variable, or of the variable of its name', () => {
  const env = { foo: 'xxx', BAR: 'GOO' };
  const { labels, warnings } = parseLabels(['foo', 'abc=def', 'ghi=$BAR', 'sum=a=b', 'empty='], env);
  assert.deepEqual({ ...labels }, { foo: 'xxx', abc: 'def', ghi: 'GOO', sum: 'a=b', empty: '' });
  assert.deepEqual(warnings, []);
});

test('a label whose variable is not set is left out with a warning', () => {
  const { labels, warnings } = parseLabels(['not_set', 'abc=$NOT_SET'], {});
  assert.deepEqual(Object.keys(labels), []);
  assert.deepEqual(
    warnings.map((sentence) =>
      /^Label "(\w+)" is left out: .* variable (\w+) is not set\.$/.exec(sentence)?.slice(1),
    ),
    [
      ['not_set', 'not_set'],
      ['abc', 'NOT_SET'],
    ],
  );
});

test('a list is split at commas, or at line ends where it has any', () => {
  assert.deepEqual(splitLabels('a=1,b=2'), ['a=1', 'b=2']);
  assert.deepEqual(splitLabels('a=1,2\nb=3\n'), ['a=1,2', 'b=3']);
  assert.deepEqual(splitLabels(''), []);
});

test('labels that no file of tags can hold are refused', () => {
  const refused = (labels: Record<string, string>, reason: RegExp): void =>
    assert.throws(
      () => checkLabels(labels),
      (error) =>
        isCracException(error) && error.code === 'ERR_CRAC_LABEL_INVALID' && reason.test(error.message),
    );
  refused({ '': 'x' }, /it has no name/);
  refused({ 'a=b': 'x' }, /its name holds/);
  refused({ a: 'x\ny' }, /its value holds/);
  refused({ a: 'x'.repeat(5000) }, /longer than 4096/);
  refused({ 'node.version': 'v1' }, /node-crac sets it itself/);
  refused({ a: 1 } as unknown as Record<string, string>, /not a string/);
});

test('tags survive their file', () => {
  fc.assert(
    fc.property(
      fc.dictionary(names, values),
      fc.string({ unit: fc.constantFrom(...'0123456789abcdef') }),
      (labels, bits) => {
        const tags = createTags({ arch: 'x64', version: 'v24.0.0' }, bits, labels);
        const { labels: read, bitmaps } = parseTags(stringifyTags(tags));
        assert.deepEqual({ ...read }, { ...tags.labels });
        assert.deepEqual({ ...bitmaps }, { ...tags.bitmaps });
      },
    ),
  );
});

test('the file of tags is that of CRaC', () => {
  const tags = createTags({ arch: 'x64', version: 'v24.1.0' }, 'ff00', { tier: 'gold' });
  assert.equal(
    stringifyTags(tags),
    'label:cpu.arch=x64\nlabel:node.version=v24.1.0\nlabel:tier=gold\nbitmap:cpu.features=ff00\n',
  );
});

test('a missing and another label are told with both values', () => {
  const tags = parseTags('label:tier=gold\n');
  assert.equal(missingLabel(tags, { tier: 'gold' }), undefined);
  assert.equal(missingLabel(tags, { tier: 'iron' }), 'label "tier" is required to be "iron" and is "gold"');
  assert.equal(
    missingLabel(tags, { zone: 'a' }),
    'label "zone" is required to be "a" and the image has none',
  );
});
