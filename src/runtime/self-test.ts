import type { Resource } from '../core/resource.js';
import type { Changes } from './changes.js';
import type { NamedRepair } from './repair.js';

/** Where a restored process is told to show what it would share with others instead of going on: set by `crac check --after-restore`. */
const REQUEST = 'CRAC_SELF_TEST';

/** What one repair says of itself in a restored process. */
export interface RepairReport {
  readonly name: string;
  /** Whether it is switched off. */
  readonly off: boolean;
  readonly problem?: string;
  readonly sample: Readonly<Record<string, string>>;
}

/** Whom a self-test tells its results. */
export interface SelfTestServices {
  /** What the last restore has changed; `undefined` when nobody knows. */
  changes(): Changes | undefined;
  /** Tells the owner of the program that something is not as it should be. */
  warn(sentence: string, code?: string): void;
  /** Hands a restored process's reports to whoever asked for them and ends it at once, without telling anybody. */
  report(reports: readonly RepairReport[]): void;
}

/**
 * Comes before all repairs at a checkpoint and says, once, what they can't set right in this process. Comes after all of them in a restored
 * process, and when that was restored for a self-test, reports on each repair and ends it: the application never runs.
 */
export function createSelfTest(
  repairs: readonly NamedRepair[],
  off: ReadonlySet<string>,
  { changes, warn, report }: SelfTestServices,
): Resource {
  const said = new Set<string>();
  return {
    beforeCheckpoint() {
      for (const { name, repair } of repairs) {
        const problem = off.has(name) ? undefined : repair.problem?.();
        if (problem === undefined || said.has(problem)) continue;
        said.add(problem);
        warn(`${name}: ${problem}`);
      }
    },
    afterRestore(_context, info) {
      const asked = info.restored && (changes()?.selfTest ?? info.env?.[REQUEST] !== undefined);
      if (asked) report(repairs.map((named) => describe(named, off)));
    },
  };
}

function describe({ name, repair }: NamedRepair, off: ReadonlySet<string>): RepairReport {
  const problem = repair.problem?.();
  return {
    name,
    off: off.has(name),
    ...(problem !== undefined && { problem }),
    sample: repair.sample?.() ?? {},
  };
}
