import { contest } from '../measure/contest.js';
import type { Contestant } from '../measure/contestant.js';
import { bareEnvironment } from '../measure/environment.js';
import { inRepository } from '../measure/paths.js';
import { time } from '../measure/stopwatch.js';
import type { Bench, Scenario } from './scenario.js';

/** What it costs a program to be started for CRIU: io_uring is hidden from it. */
export const filter: Scenario = {
  name: 'filter',
  measures:
    'A program that `crac run --engine criu` starts without io_uring, and the same one as it is: milliseconds of an empty program until its end, and nanoseconds of calls (best of 7 rounds in each run).',
  run: (bench) =>
    contest(
      [
        program(bench, 'as it is', []),
        program(bench, 'without io_uring', [inRepository('prebuilds/linux-x64/crac-criu'), 'run']),
      ],
      bench.runs,
    ),
};

function program({ node }: Bench, name: string, starter: readonly string[]): Contestant {
  const env = bareEnvironment(node, {});
  const run = (file: string): ReturnType<typeof time> =>
    time([...starter, node, inRepository(`bench/programs/${file}`)], { until: 'exit', env });
  return {
    name,
    run: async () => {
      const { exit } = await run('empty.js');
      const { payload } = await run('filter.js');
      return { exit, ...(JSON.parse(payload) as Record<string, number>) };
    },
  };
}
