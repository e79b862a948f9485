import type { CheckpointRecord, RestoreRecord } from '../core/records.js';
import type { Availability } from '../engines/engine.js';

/** What a process tells about itself when it is asked. */
export interface ProcessStatus {
  readonly pid: number;
  /** `CRAC_NAME`, else the base name of the script, else the title of the process. */
  readonly name: string;
  /** Seconds since Node started, or since the restore of a restored process. */
  readonly uptime: number;
  /** Version of Node.js, for example `v22.23.3`. */
  readonly node: string;
  /** Version of this package inside of the process. */
  readonly package: string;
  /** How many restores lie behind this process. */
  readonly generation: number;
  /** Name of the engine of checkpoints that name none. */
  readonly engine?: string;
  readonly availability: Availability;
  /** When the last restore began, in milliseconds since the epoch; -1 without one. Earlier versions of the package do not tell this and what follows. */
  readonly restoreTime?: number;
  /** Milliseconds since then; -1 without a restore. */
  readonly uptimeSinceRestore?: number;
  /** The last checkpoint that was asked for, in whatever process of this program. */
  readonly lastCheckpoint?: CheckpointRecord;
  readonly lastRestore?: RestoreRecord;
  /** Present when it is prepared for a snapshot and waits to be resumed. */
  readonly prepared?: true;
  /** Image directory that is used when a request names none. */
  readonly checkpointTo?: string;
  readonly cwd: string;
  readonly argv: readonly string[];
}
