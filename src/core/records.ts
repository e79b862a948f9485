/** What a process remembers of its checkpoints and restores; plain data, which all copies of the package share. */

/** The steps up to an image, in their order. */
export const CHECKPOINT_PHASES = [
  'application',
  'rehearsal',
  'runtime',
  'workers',
  'requests',
  'inspection',
  'image',
] as const;

/** The steps from there on, in their order. */
export const RETURN_PHASES = ['runtime-return', 'application-return'] as const;

export type CheckpointPhase = (typeof CHECKPOINT_PHASES)[number];
export type ReturnPhase = (typeof RETURN_PHASES)[number];

/** How a checkpoint ended: with an image, with a {@link CheckpointException}, as a dry run, or as a preparation for an image of somebody else. */
export const CHECKPOINT_OUTCOMES = ['written', 'failed', 'passed', 'prepared'] as const;
export type CheckpointOutcome = (typeof CHECKPOINT_OUTCOMES)[number];

/** One checkpoint of this process. All times are in milliseconds. */
export interface CheckpointRecord {
  /** When it began, since the epoch. */
  readonly startedAt: number;
  readonly outcome: CheckpointOutcome;
  /** From the beginning to its end; in a restored process to the beginning of its image. */
  readonly duration: number;
  /** How long each step took; a restored process does not know that of its image. */
  readonly phases: { readonly [Name in CheckpointPhase]?: number };
  /** Absolute path of the image directory, empty where none was named. */
  readonly directory: string;
  /** Why it failed, a sentence each; empty otherwise. */
  readonly reasons: readonly string[];
  /** The file with the heap as it was then. */
  readonly heapSnapshot?: string;
}

/** The last restore of this process. All times are in milliseconds. */
export interface RestoreRecord {
  /** When it began, since the epoch. */
  readonly startedAt: number;
  /** From there to the first JavaScript. */
  readonly engine: number;
  /** Until the resources of Node itself were back. */
  readonly runtime: number;
  /** Until those of the application were back as well; 0 while they are not. */
  readonly application: number;
}
