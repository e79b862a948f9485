import { contest } from '../measure/contest.js';
import type { Contestant } from '../measure/contestant.js';
import { bareEnvironment } from '../measure/environment.js';
import { inRepository } from '../measure/paths.js';
import { time } from '../measure/stopwatch.js';
import type { Bench, Scenario } from './scenario.js';

/** What the preload costs a process that is never checkpointed. */
export const overhead: Scenario = {
  name: 'overhead',
  measures:
    'A program that is never checkpointed, with and without the preload: milliseconds of an empty program until its end, and nanoseconds of calls whose results are set right in restored processes (best of 15 rounds in each run).',
  run: (bench) =>
    contest(
      [program(bench, 'without the preload', []), program(bench, 'with the preload', preload())],
      bench.runs,
    ),
};

function preload(): readonly string[] {
  return ['--import', inRepository('dist/register.js')];
}

function program({ node }: Bench, name: string, options: readonly string[]): Contestant {
  const env = bareEnvironment(node, {});
  return {
    name,
    run: async () => {
      const { exit } = await time([node, ...options, inRepository('bench/programs/empty.js')], {
        until: 'exit',
        env,
      });
      const calls = await time([node, ...options, inRepository('bench/programs/overhead.js')], {
        until: 'exit',
        env,
      });
      return { exit, ...(JSON.parse(calls.payload) as Record<string, number>) };
    },
  };
}
