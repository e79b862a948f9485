import type { Criu } from '../engines/criu.js';
import type { Contest } from '../measure/contestant.js';

/** What every scenario works with. */
export interface Bench {
  /** Executable of the Node that is measured. */
  readonly node: string;
  /** Major version, `20` for example. */
  readonly major: string;
  readonly runs: number;
  /** CRIU, or the sentence why it takes no part. */
  readonly criu: Criu | string;
  /** Directory for images, logs and FIFOs of this scenario; absolute. */
  readonly scratch: string;
}

/** One thing that is measured. */
export interface Scenario {
  readonly name: string;
  /** One sentence: what is done in each run and which moments are timed. */
  readonly measures: string;
  run(bench: Bench): Promise<Contest>;
}

/** Whether this Node opens io_uring rings, which CRIU cannot dump. */
export function opensRings({ major }: Bench): boolean {
  return Number(major) >= 22;
}
