import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeSelfImage, RESTORERS } from '../engines/native.js';
import type { Absentee, Series } from '../measure/contestant.js';
import { bareEnvironment } from '../measure/environment.js';
import { ask } from '../measure/http-load.js';
import { inRepository } from '../measure/paths.js';
import { type Program, startProgram } from '../measure/start-program.js';
import { waitForText } from '../measure/wait-for-text.js';
import { NAMES } from './contestants.js';
import type { Bench, Scenario } from './scenario.js';

const COUNTS = [1, 10, 50] as const;
const KILOBYTES_PER_MEGABYTE = 1024;
const PROGRAM = inRepository('bench/programs/clone-server.js');

/** What many copies of one server cost. */
export const clones: Scenario = {
  name: 'clones',
  measures:
    'Copies of an Express server, each listening on a port of its own and asked once: proportional set size (PSS) per copy, in MB.',
  run: async (bench) => {
    const series: Series[] = [];
    const absent: Absentee[] = [];
    for (const [name, command, env] of [await warmed(bench), started(bench)]) {
      try {
        for (const count of COUNTS) {
          series.push(await weigh(bench, name, command, env, count));
        }
      } catch (error) {
        absent.push({ name, absent: error instanceof Error ? error.message : String(error) });
      }
    }
    return { series, absent };
  },
};

type Copy = readonly [name: string, command: readonly string[], env: Record<string, string>];

function started({ node }: Bench): Copy {
  return [NAMES.cold, [node, PROGRAM], bareEnvironment(node, { BENCH_ENGINE: 'none' })];
}

async function warmed({ node, scratch }: Bench): Promise<Copy> {
  const directory = join(scratch, 'image');
  await makeSelfImage({ node, program: [PROGRAM], env: { BENCH_WARM: '2000' }, directory });
  return [NAMES.launcher, [...RESTORERS.launcher, directory], bareEnvironment(node)];
}

async function weigh(
  bench: Bench,
  contestant: string,
  command: readonly string[],
  env: Record<string, string>,
  count: number,
): Promise<Series> {
  const copies: Program[] = [];
  try {
    for (let index = 0; index < count; index++) {
      const log = join(bench.scratch, `${contestant.replaceAll(/\W+/g, '-')}-${count}-${index}.out`);
      copies.push(startProgram(command, { env, log }));
    }
    for (const copy of copies) await askOnce(copy);
    const total = copies.reduce((sum, { pid }) => sum + proportionalSize(pid), 0);
    return { contestant, metric: `${count} ${count === 1 ? 'copy' : 'copies'}`, values: [total / count] };
  } finally {
    await Promise.all(copies.map((copy) => copy.kill()));
  }
}

async function askOnce({ log }: Program): Promise<void> {
  await waitForText(log, '\n');
  const port = Number(/port (\d+)/.exec(readFileSync(log, 'utf8'))?.[1]);
  const { status, body } = await ask(port, { path: '/?q=kyoto' });
  if (status !== 200 || !body.includes('<p>10 books</p>'))
    throw new Error(`Wrong answer (${status}): ${body.slice(0, 300)}`);
}

/** Megabytes that a process has for itself, plus its share of what it shares. */
function proportionalSize(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1]) / KILOBYTES_PER_MEGABYTE;
}
