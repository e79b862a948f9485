import type { Failures } from '../core/failures.js';
import type { EngineOutcome } from '../engines/engine.js';
import type { Attempt } from './attempt.js';
import type { CheckpointParts, CheckpointRequest } from './checkpoint-parts.js';
import { history } from './history.js';

/** Has the engine write the image unless something stands in the way; `undefined` when there is none. */
export async function write(
  parts: CheckpointParts,
  request: CheckpointRequest,
  failures: Failures,
  attempt: Attempt,
): Promise<EngineOutcome | undefined> {
  if (failures.size > 0 || request.dryRun) return undefined;
  let outcome: EngineOutcome | undefined;
  await failures.collect(async () => {
    outcome = await callEngine(parts, request, attempt);
  });
  return outcome;
}

async function callEngine(
  parts: CheckpointParts,
  request: CheckpointRequest,
  attempt: Attempt,
): Promise<EngineOutcome> {
  const { directory, keepRunning, verify, stopTimeout, userData, labels, chosen } = request;
  const { engine, file: engineFile, options } = chosen;
  const generation = history().generation + 1;
  const image = parts.describeImage({ generation, engine: engine.name, engineFile, userData, labels });
  await request.onWriting({ id: image.id, directory });
  const { treatment } = parts.inspect({ ...request, placeholders: request.placeholders() });
  parts.workers.hold();
  attempt.enterImage();
  parts.tidy();
  if (!hasWork(parts, request)) parts.holdCompilers();
  const all = { ...image, directory, keepRunning, verify, stopTimeout, userData, ...treatment };
  return engine.checkpoint({ ...all, options, announce: request.onAnnounced });
}

/** Whether the program goes on with work of its own right after the restore, which may be a computation that only compiled code ends soon. */
function hasWork({ mains }: CheckpointParts, { isAwaited }: CheckpointRequest): boolean {
  return isAwaited || mains.size > 0;
}
