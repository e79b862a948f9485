import assert from 'node:assert/strict';
import { checkpoint } from './program.js';

/** Asserts that a checkpoint is refused with a cause of the given class whose sentence matches, and that there is no image. */
export async function assertRefused(name: string, sentence: RegExp): Promise<void> {
  if (process.env['WITHOUT_CHECKPOINT'] !== undefined) return;
  const error = await checkpoint().then(
    () => assert.fail('The checkpoint was not refused.'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof AggregateError || error instanceof Error);
  assert.equal(error.name, 'CheckpointException');
  const causes = (error as { errors?: readonly Error[] }).errors ?? [];
  const cause = causes.find((each) => each.name === name);
  assert.ok(
    cause,
    `No cause is a ${name}: ${causes.map((each) => `${each.name}: ${each.message}`).join('; ')}`,
  );
  assert.match(cause.message, sentence);
  assert.match((cause as Error & { code?: string }).code ?? '', /^ERR_CRAC_/);
}
