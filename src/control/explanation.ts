import type { Availability } from '../engines/engine.js';
import type { DescribedError } from '../errors.js';

/** One thing that would stop a checkpoint. */
export interface Obstacle {
  /** The error that a checkpoint would have, without its stack. */
  readonly error: DescribedError;
  /** A rule for `CRAC_RESOURCE_POLICIES` with which it would not, where there is one. */
  readonly policy?: string;
}

/** One descriptor that is no obstacle. */
export interface Bystander {
  readonly fd: number;
  /** What it is: `tcp socket 127.0.0.1:40000 -> 127.0.0.1:80`. */
  readonly what: string;
  /** Why it is no obstacle, as a clause. */
  readonly why: string;
}

/** What a checkpoint of a process would meet right now. */
export interface Explanation {
  /** Whether an image can be written in this process at all. */
  readonly availability: Availability;
  readonly obstacles: readonly Obstacle[];
  /** Closed before a checkpoint by this package, or by what a policy says. */
  readonly closes: readonly Bystander[];
  /** Goes into the image as it is; what Node.js needs for itself is left out. */
  readonly travels: readonly Bystander[];
  /** Names of resources of the program that are told of a checkpoint first, and may close some of the obstacles. */
  readonly resources: number;
}
