import { ask } from '../control/client.js';
import type { AttachableProcess } from '../control/processes.js';
import type { CheckpointRequest, ImageReference } from '../control/protocol.js';
import type { EngineAnnouncement } from '../engines/engine.js';
import { cracError, type DescribedError, describeError } from '../errors.js';
import { readImageSummary } from '../image/read-summary.js';

/** How a checkpoint asked for from outside ended. */
export type CheckpointOutcome =
  | {
      readonly kind: 'written';
      readonly image: ImageReference;
      readonly size: number;
      readonly running: boolean;
    }
  /** The process waits where it is, or the engine writes no image. */
  | { readonly kind: EngineAnnouncement; readonly image: ImageReference }
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed'; readonly error: DescribedError };

/**
 * Asks a process for a checkpoint and waits until the image is on disk, or for a dry run and waits until that is over.
 * A process that leaves after its image was written says nothing more, so the image itself is the proof: it must carry the
 * id that was announced.
 */
export async function requestCheckpoint(
  { pid, path }: AttachableProcess,
  request: CheckpointRequest,
): Promise<CheckpointOutcome> {
  let writing: ImageReference | undefined;
  for await (const reply of ask(path, request)) {
    if (reply.reply === 'writing') writing = reply.image;
    if (reply.reply === 'done' && reply.state !== undefined) return { kind: reply.state, image: reply.image };
    if (reply.reply === 'done') return confirm(pid, reply.image, true);
    if (reply.reply === 'passed') return { kind: 'passed' };
    if (reply.reply === 'failed') return { kind: 'failed', error: reply.error };
    if (reply.reply === 'rejected') return failure(pid, reply.reason);
  }
  if (writing !== undefined) return confirm(pid, writing, false);
  return failure(pid, 'it ended before it began to write');
}

async function confirm(pid: number, expected: ImageReference, running: boolean): Promise<CheckpointOutcome> {
  try {
    const { id, size } = await readImageSummary(expected.directory);
    if (id === expected.id) return { kind: 'written', image: expected, size, running };
    return failure(pid, `it ended while it was writing, and ${expected.directory} holds an older image`);
  } catch (cause) {
    return failure(
      pid,
      `it ended while it was writing, and ${expected.directory} holds no image that can be read`,
      cause,
    );
  }
}

function failure(pid: number, reason: string, cause?: unknown): CheckpointOutcome {
  return {
    kind: 'failed',
    error: describeError(cracError('ERR_CRAC_IMAGE_NOT_WRITTEN', { pid, reason }, cause)),
  };
}
