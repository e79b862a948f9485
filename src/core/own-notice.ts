import type { Deadline } from './deadline.js';
import type { Notice } from './resource.js';

/** What a resource hears of its deadline; a signal that nobody looks at is not made. */
export class OwnNotice implements Notice {
  readonly #deadline: Deadline;

  constructor(deadline: Deadline) {
    this.#deadline = deadline;
  }

  get signal(): AbortSignal {
    return this.#deadline.signal;
  }
}
