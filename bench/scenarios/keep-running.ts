import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { contest } from '../measure/contest.js';
import type { Contestant } from '../measure/contestant.js';
import { bareEnvironment } from '../measure/environment.js';
import { inRepository } from '../measure/paths.js';
import { time } from '../measure/stopwatch.js';
import type { Bench, Scenario } from './scenario.js';

const SIZES_IN_MEGABYTES = [0, 1024] as const;

/** What a checkpoint costs a process that goes on running. */
export const keepRunning: Scenario = {
  name: 'keep-running',
  measures:
    'A checkpoint with keepRunning: the longest gap that a busy second thread sees (threads stopped), the longest gap of the event loop (with garbage collection), and the time until the image is on disk.',
  run: (bench) =>
    contest(
      SIZES_IN_MEGABYTES.map((size) => keeper(bench, size)),
      bench.runs,
    ),
};

function keeper({ node, scratch }: Bench, megabytes: number): Contestant {
  const directory = join(scratch, `image-${megabytes}`);
  const env = bareEnvironment(node, { BENCH_MEGABYTES: String(megabytes), BENCH_IMAGE: directory });
  const command = [node, inRepository('bench/programs/keep-running.js')];
  return {
    name: megabytes === 0 ? 'an empty heap' : `${megabytes / 1024} GB of buffers`,
    run: async () => {
      rmSync(directory, { recursive: true, force: true });
      const { payload } = await time(command, { until: 'exit', env });
      const { stop, loop, whole } = JSON.parse(payload) as Record<'stop' | 'loop' | 'whole', number>;
      return { 'threads stopped': stop, 'event loop': loop, 'image on disk': whole };
    },
  };
}
