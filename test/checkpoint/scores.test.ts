import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addScoreProvider, getScores, removeScore, setScore } from 'node-crac/management';
import { readScores } from '#dist/checkpoint/scores.js';
import { isCracException } from '#dist/errors.js';
import { parseScores, stringifyScores } from '#dist/image/score.js';

function assertRefused(call: () => unknown): void {
  assert.throws(call, (error) => isCracException(error) && error.code === 'ERR_CRAC_INVALID_ARGUMENT');
}

test('a metric is there from setScore() to removeScore()', () => {
  setScore('requests', 12);
  setScore('requests', 13.5);
  assert.equal(getScores()['requests'], 13.5);
  assert.equal(removeScore('requests'), true);
  assert.equal(removeScore('requests'), false);
  assert.equal(getScores()['requests'], undefined);
});

test('providers are asked each time, until they are taken away', () => {
  let asked = 0;
  const end = addScoreProvider(() => {
    asked += 1;
    setScore('asked', asked);
  });
  assert.equal(getScores()['asked'], 1);
  assert.equal(getScores()['asked'], 2);
  end();
  assert.equal(getScores()['asked'], 2);
  removeScore('asked');
});

test('a provider that throws is reported, and the others are asked all the same', () => {
  const failure = new Error('no idea');
  const ends = [
    addScoreProvider(() => {
      throw failure;
    }),
    addScoreProvider(() => setScore('other', 1)),
  ];
  const reported: unknown[] = [];
  assert.equal(readScores((error) => reported.push(error))['other'], 1);
  assert.deepEqual(reported, [failure]);
  for (const end of ends) end();
  removeScore('other');
});

test('names of the runtime, impossible names and what is no number are refused', () => {
  for (const metric of ['vm.uptime', 'node.x', 'v8.x', 'crac.x', '', 'a=b', 'a\nb']) {
    assertRefused(() => setScore(metric, 1));
    assertRefused(() => removeScore(metric));
  }
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, '1'])
    assertRefused(() => setScore('a', value as number));
  assertRefused(() => addScoreProvider('later' as unknown as () => void));
});

test('the runtime measures itself, in milliseconds and bytes', () => {
  const scores = getScores();
  const age = performance.now();
  assert.equal(scores['vm.uptimeSinceRestore'], -1);
  assert.ok(Math.abs((scores['vm.uptime'] ?? 0) - age) < 10_000);
  assert.ok(Math.abs((scores['vm.bootTime'] ?? 0) + age - Date.now()) < 10_000);
  assert.ok((scores['vm.processCpuTime'] ?? 0) > 0);
  assert.ok((scores['node.residentMemory'] ?? 0) > 10e6);
  assert.ok((scores['vm.maxMemory'] ?? 0) >= (scores['vm.totalMemory'] ?? 0));
  assert.equal(scores['crac.globalContext.size'], 0);
  assert.equal(scores['crac.generation'], 1);
});

test('scores survive their file, whose other lines are passed over', () => {
  const scores = { a: 1, b: -2.5, 'c d': 1e21, e: 5e-324 };
  assert.deepEqual({ ...parseScores(`${stringifyScores(scores)}none\n=3\nx=\ny=far\n`) }, scores);
  assert.equal(stringifyScores({ a: 1.5 }), 'a=1.5\n');
});
