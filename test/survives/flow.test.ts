import { join } from 'node:path';
import { describe, it } from 'node:test';
import { buildProgram, needsCompiler } from '../native/build-program.js';
import { assertCheckpointed, assertPasses, assertSurvives, checkpoint, restore } from '../support/image.js';
import { scratch } from '../support/scratch.js';

describe('what the program is about to do', () => {
  it('keeps timers', (t) => assertSurvives(t, 'survives/programs/timers'));
  it('keeps promises in flight', (t) => assertSurvives(t, 'survives/programs/promises'));
  it('keeps streams that were half read', (t) => assertSurvives(t, 'survives/programs/streams'));
  it('keeps compressors with half of their input', (t) => assertSurvives(t, 'survives/programs/zlib'));
  it('keeps hashes, ciphers and keys', (t) => assertSurvives(t, 'survives/programs/crypto'));
  it('keeps the stores of AsyncLocalStorage', (t) =>
    assertSurvives(t, 'survives/programs/async-local-storage'));
  it('keeps events and channels', (t) => assertSurvives(t, 'survives/programs/messages'));
  it('keeps clocks right', (t) => assertSurvives(t, 'survives/programs/clocks'));
  it('keeps clocks right under another kernel, whose vDSO differs', async (t) => {
    const image = await checkpoint(t, 'survives/programs/clocks');
    await assertPasses(t, image, { env: { CRAC_FAULT: 'foreign-vdso' } });
  });
  it('is checkpointed under another kernel, whatever lies beside the old vDSO', {
    skip: needsCompiler(),
  }, async (t) => {
    const folder = scratch(t);
    const directories = ['first', 'second'].map((name) => join(folder, name));
    const [first = '', second = ''] = directories;
    const env = { CRAC_FAULT: 'foreign-vdso' };
    const args = [buildProgram('gaps.node'), ...directories];
    await checkpoint(t, 'survives/programs/gaps', { directory: first, args });
    assertCheckpointed(await restore(t, first, { env }), second);
    await assertPasses(t, second, { env });
    await assertPasses(t, second);
  });
  it('loads modules', (t) => assertSurvives(t, 'survives/programs/modules', { args: [scratch(t)] }));
  it('reads, writes and watches files', (t) =>
    assertSurvives(t, 'survives/programs/files-after', { args: [scratch(t)] }));
});
