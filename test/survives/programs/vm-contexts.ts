/** Contexts of `node:vm`, their globals and their scripts are there again, and new ones can be made. */
import assert from 'node:assert/strict';
import vm from 'node:vm';
import { checkpoint, pass } from '../../support/program.js';

const contexts = Array.from({ length: 5 }, (_, index) => vm.createContext({ index }));
const script = new vm.Script('globalThis.count = (globalThis.count ?? 0) + index; count');
for (const context of contexts) script.runInContext(context);
const makeAdder = vm.compileFunction('return (value) => value + offset', ['offset']) as (
  offset: number,
) => (value: number) => number;
const add = makeAdder(40);

await checkpoint();

for (const [index, context] of contexts.entries()) assert.equal(script.runInContext(context), 2 * index);
assert.equal(add(2), 42);
const fresh = vm.createContext({ index: 7 });
assert.equal(script.runInContext(fresh), 7);
assert.ok(vm.runInContext('new Map() instanceof Map', fresh));
assert.throws(() => vm.runInContext('for (;;);', fresh, { timeout: 20 }), {
  code: 'ERR_SCRIPT_EXECUTION_TIMEOUT',
});
pass();
