import { runInNewContext } from 'node:vm';
import type { Repair } from './repair.js';

/** Whether it is known where V8 keeps the generators of `Math.random()`. */
export interface GeneratorsFound {
  readonly status: 'found' | 'seeded' | 'unknown';
  /** What could not be found when the status is `unknown`. */
  readonly missing: string;
}

/** What a process finds in which all is well. */
export const GENERATORS_FOUND: GeneratorsFound = { status: 'found', missing: '' };

/** What the repair of `Math.random()` needs of the rest. */
export interface MathRandomServices {
  /** Learns where V8 keeps the generators, so that each image lists them. `makeContext` returns the `Math.random` of a new context. */
  learnGenerators(makeContext: () => () => number): GeneratorsFound;
}

/**
 * `Math.random()` of all contexts and threads goes on differently in each restored process. The work is done natively while no thread runs
 * (`native/agent/generators.c`): only finding out where V8 keeps its generators needs JavaScript, once, before the first checkpoint. A program
 * that was started with `--random-seed` keeps its values.
 */
export function createMathRandom({ learnGenerators }: MathRandomServices): Repair {
  let found: GeneratorsFound | undefined;
  const learn = (): GeneratorsFound => {
    found ??= learnGenerators(() => runInNewContext('Math.random') as () => number);
    return found;
  };
  return {
    problem() {
      const { status, missing } = learn();
      return status === 'unknown'
        ? `V8's ${missing} was not found, so Math.random() gives the same values in all processes restored from one image; use crypto.randomInt() instead.`
        : undefined;
    },
    sample() {
      if (learn().status === 'seeded') return {};
      return {
        'Math.random()': String(Math.random()),
        'Math.random() of a new context': String(runInNewContext('Math.random()')),
      };
    },
    beforeCheckpoint() {
      learn();
    },
    afterRestore() {},
  };
}
