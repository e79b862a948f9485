import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkpointServer, RESTORERS, startServer } from '../engines/native.js';
import type { Absentee, Contestant } from '../measure/contestant.js';
import { bareEnvironment } from '../measure/environment.js';
import { findFreePort } from '../measure/free-port.js';
import { type LoadRequest, load, waitForServer } from '../measure/http-load.js';
import { latencies } from '../measure/latencies.js';
import { inRepository } from '../measure/paths.js';
import { startProgram } from '../measure/start-program.js';
import { time } from '../measure/stopwatch.js';
import { waitForPort } from '../measure/wait-for-port.js';
import { NAMES, orAbsent, race } from './contestants.js';
import type { Bench, Scenario } from './scenario.js';

const FOLDER = inRepository('test/programs/');
const WARMING_REQUESTS = 2000;
const MEASURED_REQUESTS = 1000;
const BYTES_PER_BLOCK = 512;
const BYTES_PER_MEGABYTE = 1 << 20;
/** Every program serves books. */
const EXPECTED = 'Book';

interface RealProgram {
  readonly command: readonly string[];
  readonly requests: readonly (LoadRequest & { readonly load?: boolean })[];
}

/** One program, ready to be started: plainly and from its image. */
interface Subject {
  readonly name: string;
  readonly port: number;
  readonly requests: readonly LoadRequest[];
  readonly env: Readonly<Record<string, string>>;
  readonly log: string;
}

/** The programs of `test/programs`, unmodified. */
export const realPrograms: Scenario = {
  name: 'programs',
  measures:
    'Unmodified programs, warmed by 2000 requests: spawn to the first complete answer, the mean and the 99th percentile of the first 1000 requests over one connection (milliseconds), and the image on disk (MB).',
  run: async (bench) => {
    const programs = JSON.parse(readFileSync(`${FOLDER}programs.json`, 'utf8')) as Record<
      string,
      RealProgram
    >;
    const entries: (Contestant | Absentee)[] = [];
    for (const [name, program] of Object.entries(programs)) {
      const names = [NAMES.cold, NAMES.launcher].map((kind) => `${name}: ${kind}`);
      entries.push(...(await orAbsent(names, () => prepare(bench, name, program))));
    }
    return race(bench, entries);
  },
};

async function prepare(bench: Bench, name: string, program: RealProgram): Promise<Contestant[]> {
  const port = await findFreePort();
  const placed: Subject = {
    name,
    port,
    requests: program.requests.filter(({ load }) => load),
    log: join(bench.scratch, `${name}.out`),
    env: environment(bench, name, port),
  };
  const command = program.command.map((word) =>
    /^(servers|node_modules)\//.test(word) ? FOLDER + word : word,
  );
  const image = join(bench.scratch, `${name}.image`);
  await checkpoint(bench, placed, image, command);
  const megabytes = (statSync(join(image, 'process.core')).blocks * BYTES_PER_BLOCK) / BYTES_PER_MEGABYTE;
  return [
    runner(NAMES.cold, [bench.node, ...command], placed),
    runner(NAMES.launcher, [...RESTORERS.launcher, image], placed, { 'image (MB)': megabytes }),
  ];
}

async function checkpoint(
  bench: Bench,
  subject: Subject,
  image: string,
  command: readonly string[],
): Promise<void> {
  const program = startServer(bench.node, image, command, subject.env);
  try {
    await waitForServer(subject.port, subject.requests[0]?.path ?? '/');
    await load(subject.port, repeat(subject.requests, WARMING_REQUESTS));
    await checkpointServer(bench.node, image, program);
  } finally {
    await program.kill();
  }
}

/** Runs a command twice: once for the first answer, once for the first requests. */
function runner(
  kind: string,
  command: readonly string[],
  { name, port, requests, env, log }: Subject,
  constant: Readonly<Record<string, number>> = {},
): Contestant {
  const path = requests.find(({ body }) => body === undefined)?.path ?? '/';
  return {
    name: `${name}: ${kind}`,
    run: async () => {
      const { answer, payload } = await time(command, { until: 'answer', http: { port, path }, env });
      if (!payload.startsWith('HTTP/1.1 200 ') || !payload.includes(EXPECTED))
        throw new Error(`Wrong answer: ${payload.slice(0, 300)}`);
      const { mean, late } = await firstRequests(command, { name, port, requests, env, log });
      return { answer, 'request, mean': mean, 'request, p99': late, ...constant };
    },
  };
}

async function firstRequests(
  command: readonly string[],
  { port, requests, env, log }: Subject,
): Promise<{ mean: number; late: number }> {
  const program = startProgram(command, { env, log });
  try {
    await waitForPort(port);
    const times = await latencies(port, repeat(requests, MEASURED_REQUESTS));
    const sorted = [...times].sort((one, other) => one - other);
    const mean = times.reduce((sum, one) => sum + one, 0) / times.length;
    return { mean, late: sorted[Math.ceil(times.length * 0.99) - 1] ?? Number.NaN };
  } finally {
    await program.kill();
  }
}

function environment({ node, scratch }: Bench, name: string, port: number): Record<string, string> {
  const policies = join(scratch, 'policies');
  writeFileSync(policies, 'type: file\npath: **/*.db\naction: reopen\nchanged: allow\nwarn: false\n');
  return bareEnvironment(node, {
    PORT: String(port),
    NODE_ENV: 'production',
    NEXT_TELEMETRY_DISABLED: '1',
    DATABASE: join(scratch, `${name}.db`),
    CRAC_RESOURCE_POLICIES: policies,
  });
}

function repeat(requests: readonly LoadRequest[], count: number): LoadRequest[] {
  return Array.from({ length: count }, (_, index) => requests[index % requests.length] ?? { path: '/' });
}
