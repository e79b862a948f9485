import { contest } from '../measure/contest.js';
import type { Contestant } from '../measure/contestant.js';
import { bareEnvironment } from '../measure/environment.js';
import { inRepository } from '../measure/paths.js';
import { time } from '../measure/stopwatch.js';
import type { Bench, Scenario } from './scenario.js';

/** What it costs a process to record who opens files and connections. */
export const stacks: Scenario = {
  name: 'stacks',
  measures:
    'Nanoseconds of an await, of openings and of connections, while nothing is recorded, with --collect-stacks, and with async_hooks that take the same stacks (best of 7 rounds in each run).',
  run: (bench) =>
    contest(
      [
        program(bench, 'with the preload', {}),
        program(bench, 'with --collect-stacks', { CRAC_COLLECT_FD_STACKTRACES: '1' }),
        program(bench, 'with async_hooks', {}, ['hooks']),
      ],
      bench.runs,
    ),
};

function program(
  { node }: Bench,
  name: string,
  environment: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Contestant {
  const env = { ...bareEnvironment(node, {}), ...environment };
  const command = [node, '--import', inRepository('dist/register.js')];
  return {
    name,
    run: async () => {
      const { payload } = await time([...command, inRepository('bench/programs/stacks.js'), ...args], {
        until: 'exit',
        env,
      });
      return JSON.parse(payload) as Record<string, number>;
    },
  };
}
