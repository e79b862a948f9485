import type { CheckpointAttachment, CheckpointOptions } from './checkpoint/checkpoint-options.js';
import { history } from './checkpoint/history.js';
import { manager } from './composition.js';
import { describeError } from './errors.js';
import { renderFailure } from './render-failure.js';

/**
 * Carries out a checkpoint that the program has not asked for itself: in the restored process nobody of the program is there to hear what
 * could not come back, so standard error is told. The process runs on, and its exit code is 1 unless the program sets another.
 *
 * @throws {CheckpointException} when there is no image
 * @throws {RestoreException} when the process that was checkpointed goes on, but some resource could not follow
 */
export async function checkpointUnattended(
  options: CheckpointOptions,
  attachment?: CheckpointAttachment,
): Promise<void> {
  const { generation } = history();
  try {
    await manager.checkpoint(options, attachment);
  } catch (error) {
    if (history().generation === generation) throw error;
    process.stderr.write(`crac: ${renderFailure(describeError(error), false)}\n`);
    process.exitCode ??= 1;
  }
}
