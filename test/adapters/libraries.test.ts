import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { checkpoint, restore } from '../support/image.js';
import { repository } from '../support/paths.js';

/** Libraries that make the same in two restored processes, unless the program has the line that the guide recommends. */
const NEED_HELP = ['bson 6', 'hyperid', 'ulid monotonicFactory', 'uuid v1', 'pino', 'fastify request ids'];

/** Libraries that need no help. */
const NEED_NONE = ['express-session', 'nanoid', 'uuid v4', 'uuid v7'];

describe('two restored processes', () => {
  for (const library of NEED_HELP) {
    it(`make the same with ${library}`, async (t) => {
      const [one, other] = await makeTwice(t, [library]);
      assert.equal(one, other);
    });

    it(`make something else with ${library} and the recommended line`, async (t) => {
      const [one, other] = await makeTwice(t, [library, 'helped']);
      assert.notEqual(one, other);
    });
  }

  for (const library of NEED_NONE) {
    it(`make something else with ${library}`, async (t) => {
      const [one, other] = await makeTwice(t, [library]);
      assert.notEqual(one, other);
    });
  }
});

async function makeTwice(t: TestContext, args: readonly string[]): Promise<readonly [string, string]> {
  const nodeArgs = ['--import', join(repository, 'dist/register.js')];
  const directory = await checkpoint(t, 'adapters/programs/libraries', { args, nodeArgs });
  const make = async (): Promise<string> => {
    const { code, stdout, stderr } = await restore(t, directory);
    assert.deepEqual([code, stderr], [0, '']);
    assert.notEqual(stdout, '');
    return stdout;
  };
  return [await make(), await make()];
}
