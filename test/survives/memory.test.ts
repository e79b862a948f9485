import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { buildProgram, needsCompiler } from '../native/build-program.js';
import { memorySegments } from '../support/elf.js';
import { assertPasses, assertSurvives, checkpoint } from '../support/image.js';
import { firstOf, needsKernel } from '../support/requirements.js';

/** Bytes of a page of V8's heap. */
const V8_PAGE = 1 << 18;

const collecting = { nodeArgs: ['--expose-gc'] };

describe('memory of the program', () => {
  it('keeps a heap of 100 MB byte for byte', (t) => assertSurvives(t, 'survives/programs/large-heap'));
  it('puts a heap of small objects into few pieces', async (t) => {
    const image = await checkpoint(t, 'survives/programs/scattered-heap');
    const pages = statSync(join(image, 'process.core')).size / V8_PAGE;
    const pieces = memorySegments(join(image, 'process.core')).length;
    assert.ok(pages > 200, `The heap is too small: ${pages} pages.`);
    assert.ok(pieces < pages / 2, `${pages} pages of V8 are in ${pieces} pieces.`);
    await assertPasses(t, image);
  });
  it('leaves room for the collections where there are many mappings', { skip: needsCompiler() }, (t) =>
    assertSurvives(t, 'survives/programs/many-mappings', { args: [buildProgram('mappings.node')] }),
  );
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
