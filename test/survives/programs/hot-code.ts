/** Code that the compiler optimised goes on, is thrown away when its assumptions break, and is optimised again. */
import assert from 'node:assert/strict';
import { checkpoint, pass } from '../../support/program.js';

type Operation = (left: number, right: number) => number;

const sources = Array.from({ length: 50 }, (_, index) => `return left * ${index} + right;`);
const made = sources.map((source) => new Function('left', 'right', source) as Operation);
// biome-ignore lint/security/noGlobalEval: functions made by eval are the subject
const evaluated = globalThis.eval(
  '((left, right) => { let sum = 0; for (let i = 0; i < left; i++) sum += right; return sum; })',
) as Operation;
const pattern = /^(?:a+b|[c-f]{2,})+(\d+)$/u;

heat();
await checkpoint();
heat();

const loose = made.map((operation) => operation as (left: unknown, right: unknown) => unknown);
assert.equal(loose[2]?.('4', 'text'), '8text');
assert.equal(loose[3]?.(0.5, -0.25), 1.25);
heat();
const fresh = new Function('left', 'right', 'return left - right;') as Operation;
for (let round = 0; round < 100_000; round++) assert.equal(fresh(round, 1), round - 1);
pass();

function heat(): void {
  for (let round = 0; round < 3000; round++) {
    made.forEach((operation, index) => {
      if (operation(round, 1) !== round * index + 1) assert.fail(`Function ${index} computed wrongly.`);
    });
  }
  for (let round = 0; round < 2000; round++) {
    if (evaluated(round, 2) !== round * 2) assert.fail('The evaluated function computed wrongly.');
    if (pattern.exec(`aabcde${round}`)?.[1] !== String(round)) assert.fail('The pattern matched wrongly.');
  }
}
