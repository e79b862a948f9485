import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { buildProgram, needsCompiler } from '../native/build-program.js';
import { compiled, repository } from '../support/paths.js';
import { scratch } from '../support/scratch.js';
import { runToEnd } from '../support/start.js';

/** From kind to values. */
type Values = Readonly<Record<string, readonly unknown[]>>;

interface Outcome {
  /** What a copy of the prepared process drew. */
  readonly foreseen: Values;
  /** What the process drew when it went on. */
  readonly drawn: Values;
}

describe('a process of which somebody else has a copy', { skip: needsCompiler() }, () => {
  for (const [course, title] of [
    ['restored', 'that is resumed as a restored one'],
    ['original', 'that is resumed as the original'],
    ['deadline', 'that nobody resumes'],
    ['unprepared', 'that was not prepared, but is told'],
  ] as const) {
    it(`${title} draws none of the random values that the copy draws`, async (t) => {
      assert.deepEqual(findRepeated(await run(t, course)), []);
    });
  }

  it('draws the same as the copy where that is wanted', async (t) => {
    const outcome = await run(t, 'restored', { CRAC_RUNTIME: '-randomness,-pools,-math-random' });
    assert.deepEqual(findRepeated(outcome), Object.keys(outcome.drawn));
  });
});

/** V8 runs on one thread, for the copy has no other. */
async function run(t: TestContext, course: string, env: Record<string, string> = {}): Promise<Outcome> {
  const node = [process.execPath, '--single-threaded', '--require', join(repository, 'dist/register.js')];
  const program = join(compiled, 'checkpoint/programs/foreseen.js');
  const args = [buildProgram('fork.node'), join(scratch(t), 'foreseen.json'), course];
  const { code, stdout, stderr } = await runToEnd(t, [...node, program, ...args], { env });
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

/** The kinds of which both drew a value. */
function findRepeated({ foreseen, drawn }: Outcome): string[] {
  return Object.keys(drawn).filter((kind) => drawn[kind]?.some((value) => foreseen[kind]?.includes(value)));
}
