/** Has no free descriptor at its checkpoint, which fails; with free ones again it succeeds. Passes. */
import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { checkpoint, pass } from '../../support/program.js';

const taken: number[] = [];
assert.throws(
  () => {
    for (;;) taken.push(openSync('/dev/null', 'r'));
  },
  { code: 'EMFILE' },
);

const error = await checkpoint().then(
  () => assert.fail('The checkpoint needed no descriptor.'),
  (reason: Error) => reason,
);

for (const fd of taken) closeSync(fd);
assert.equal(error.name, 'CheckpointException');
assert.match(
  [error.message, ...((error as AggregateError).errors ?? []).map(String)].join('\n'),
  /descriptor|EMFILE|too many open files/i,
);
await checkpoint();
pass();
