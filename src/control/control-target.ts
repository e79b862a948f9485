import type { EngineAnnouncement } from '../engines/engine.js';
import type { Explanation } from './explanation.js';
import type { ProcessStatus } from './process-status.js';
import type { CheckpointRequest, ImageReference } from './protocol.js';
import type { PrepareRequest, ResumeRequest } from './two-step-requests.js';

/** How a requested checkpoint ties in with the connection that asked for it. */
export interface CheckpointAttachment {
  /** Descriptors that stay open up to the image and do not travel; read it anew at each step. */
  readonly placeholders: readonly number[];
  /** Called when only the engine's step is left; rejects, and so ends the checkpoint, when nobody waits for it any more. */
  onWriting(image: ImageReference): Promise<void>;
  /** Called when the checkpoint is done and the process is still there. */
  onAnnounced(state: EngineAnnouncement): Promise<void>;
}

/** What the server needs of the process that it serves. */
export interface ControlTarget {
  status(): ProcessStatus;
  /** Tells what would stop a checkpoint and changes nothing. `connections` are the descriptors of those that ask. */
  explain(connections: readonly number[]): Explanation;
  /** Resolves when the process goes on running after its image is on disk or without one after a dry run, and in a restored process. */
  checkpoint(request: CheckpointRequest, attachment: CheckpointAttachment): Promise<void>;
  /** Resolves when a snapshot may be taken, with the milliseconds within which the process has to be resumed. */
  prepare(request: PrepareRequest): Promise<number>;
  /** Resolves when everything has come back, with the number of restores behind the process. */
  resume(request: ResumeRequest): Promise<number>;
}
