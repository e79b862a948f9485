import { CRIU_FILES } from '../engines/criu.js';
import { RESTORERS } from '../engines/native.js';
import { contest } from '../measure/contest.js';
import type { Absentee, Contest, Contestant } from '../measure/contestant.js';
import { bareEnvironment } from '../measure/environment.js';
import { whileCached } from '../measure/page-cache.js';
import { type TimedRun, type Timing, time } from '../measure/stopwatch.js';
import type { Bench } from './scenario.js';

/** Names under which results are compared. */
export const NAMES = {
  cold: 'cold start',
  emptyNode: 'node -e 0',
  launcher: 'node-crac (launcher)',
  command: 'node-crac (bin/crac restore)',
  criu: 'CRIU',
} as const;

/** Takes the wanted moments out of a run, and throws when the outcome is wrong. */
export type Reading = (timing: Timing) => Record<string, number>;

/** `node -e 0` from start to exit: what Node needs to do nothing. */
export function emptyNode({ node }: Bench): Contestant {
  return {
    name: NAMES.emptyNode,
    run: async () => {
      const timing = await time([node, '-e', '0'], { until: 'exit', env: bareEnvironment(node) });
      return { exit: timing.exit };
    },
  };
}

/** A command line that is timed as it is. */
export function timed(
  name: string,
  command: readonly string[],
  run: TimedRun,
  read: Reading,
  runs?: number,
): Contestant {
  return { name, runs, run: async () => read(await time(command, run)) };
}

/** The launcher by itself and through the command, on the same image. */
export function restorers(
  directory: string,
  args: readonly string[],
  run: TimedRun,
  read: Reading,
): Contestant[] {
  const tail = [directory, ...(args.length > 0 ? ['--', ...args] : [])];
  return (['launcher', 'command'] as const).map((kind) =>
    timed(NAMES[kind], [...RESTORERS[kind], ...tail], run, read),
  );
}

/** Lets the contestants run in turns, while all that they read stays in the page cache. */
export function race(bench: Bench, entries: readonly (Contestant | Absentee)[]): Promise<Contest> {
  const files = [bench.node, bench.scratch, ...RESTORERS.launcher, CRIU_FILES];
  return whileCached(files, () => contest(entries, bench.runs));
}

/** Prepares a contestant; what goes wrong makes an absentee of it. */
export async function orAbsent(
  names: readonly string[],
  prepare: () => Promise<Contestant[]>,
): Promise<(Contestant | Absentee)[]> {
  try {
    return await prepare();
  } catch (error) {
    const absent = error instanceof Error ? error.message : String(error);
    return names.map((name) => ({ name, absent }));
  }
}
