import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseNodeOptions } from '#dist/runtime/parse-node-options.js';

const cases: readonly [text: string, options: readonly (readonly [string, string])[]][] = [
  ['', []],
  [
    '  --trace-warnings   --title=a ',
    [
      ['--trace-warnings', ''],
      ['--title', 'a'],
    ],
  ],
  [
    '--title a --stack_trace_limit=3',
    [
      ['--title', 'a'],
      ['--stack-trace-limit', '3'],
    ],
  ],
  [
    '--title "a b" "--require=./x y.js"',
    [
      ['--title', 'a b'],
      ['--require', './x y.js'],
    ],
  ],
  ['--title="say \\"hi\\" \\\\ there"', [['--title', 'say "hi" \\ there']]],
  [
    '-r ./a.js -r ./b.js',
    [
      ['-r', './a.js'],
      ['-r', './b.js'],
    ],
  ],
];

for (const [text, expected] of cases) {
  test(`reads ${JSON.stringify(text)} as Node does`, () => {
    assert.deepEqual(
      parseNodeOptions(text).map(({ name, value }) => [name, value]),
      expected,
    );
  });
}
