import { describe, it } from 'node:test';
import { buildProgram, needsCompiler } from '../native/build-program.js';
import { assertSurvives } from '../support/image.js';
import { firstOf, needsKernel } from '../support/requirements.js';

const collecting = { nodeArgs: ['--expose-gc'] };

describe('memory of the program', () => {
  it('keeps a heap of 100 MB byte for byte', (t) => assertSurvives(t, 'survives/programs/large-heap'));
  it('keeps garbage collection, weak references and finalizers going', (t) =>
    assertSurvives(t, 'survives/programs/heavy-gc', collecting));
  it('reads memory that is given back after the restore as zero', (t) =>
    assertSurvives(t, 'survives/programs/discarded-memory', collecting));
  it('keeps WebAssembly and lets its memory grow', (t) => assertSurvives(t, 'survives/programs/wasm'));
  it('keeps optimised code hot', (t) => assertSurvives(t, 'survives/programs/hot-code'));
  it('keeps a stack that grows', (t) => assertSurvives(t, 'survives/programs/deep-recursion'));
  it('keeps guard pages', { skip: firstOf(needsKernel(6, 13), needsCompiler()) }, (t) =>
    assertSurvives(t, 'survives/programs/guard-pages', { args: [buildProgram('guards.node')] }),
  );
  it('lets guard pages be laid and removed', { skip: firstOf(needsKernel(6, 15), needsCompiler()) }, (t) =>
    assertSurvives(t, 'survives/programs/guard-pages', { args: [buildProgram('guards.node'), 'replaced'] }),
  );
  it('keeps contexts of node:vm', (t) => assertSurvives(t, 'survives/programs/vm-contexts'));
  it('keeps classes, generators, proxies, Intl and errors', (t) =>
    assertSurvives(t, 'survives/programs/language'));
});
