import type { Resource } from '../core/resource.js';

/** A resource of Node itself: sets one thing right that would be stale or repeated in a restored process. */
export interface Repair extends Resource {
  /**
   * Whether all of it works in this process: `undefined`, or one sentence that says which internal of Node has moved and what happens
   * instead. Asked when a checkpoint begins and by `crac check`; never throws.
   */
  readonly problem?: () => string | undefined;
  /** Fresh values, by name, that no two restored copies may have in common; asked by `crac check --after-restore` only. */
  readonly sample?: () => Readonly<Record<string, string>>;
}

/** A repair under the name by which it is switched off. */
export interface NamedRepair {
  readonly name: string;
  readonly repair: Repair;
}
