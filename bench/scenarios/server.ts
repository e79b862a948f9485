import { join } from 'node:path';
import { type Criu, dump, restoreCommand, startForCriu } from '../engines/criu.js';
import { checkpointServer, startServer } from '../engines/native.js';
import type { Absentee, Contest, Contestant } from '../measure/contestant.js';
import { bareEnvironment } from '../measure/environment.js';
import { findFreePort } from '../measure/free-port.js';
import { type LoadRequest, load, waitForServer } from '../measure/http-load.js';
import { inRepository } from '../measure/paths.js';
import { emptyNode, NAMES, orAbsent, type Reading, race, restorers, timed } from './contestants.js';
import { type Bench, opensRings } from './scenario.js';

/** An unmodified HTTP server. */
export interface Server {
  readonly program: string;
  /** Path and query of the request whose answer is timed. */
  readonly path: string;
  /** A text that the answer's body holds. */
  readonly expected: string;
  /** What it is warmed with. */
  readonly warming: readonly LoadRequest[];
}

/** A server and where it listens. */
interface Placed extends Server {
  readonly port: number;
}

/** Races cold starts, restores and CRIU up to the first HTTP answer. */
export async function raceServer(bench: Bench, subject: Server): Promise<Contest> {
  const server = { ...subject, port: await findFreePort() };
  const read = reader(server);
  const entries = [
    emptyNode(bench),
    cold(bench, server, read),
    ...(await orAbsent([NAMES.launcher, NAMES.command], () => native(bench, server, read))),
    ...(await criu(bench, server, read)),
  ];
  return race(bench, entries);
}

function cold(bench: Bench, server: Placed, read: Reading): Contestant {
  const run = {
    until: 'answer',
    http: server,
    env: bareEnvironment(bench.node, environment(server)),
  } as const;
  return timed(NAMES.cold, [bench.node, server.program], run, read);
}

async function native(bench: Bench, server: Placed, read: Reading): Promise<Contestant[]> {
  const directory = join(bench.scratch, 'image');
  const marked = ['--import', inRepository('bench/programs/mark-restore.js'), server.program];
  const program = startServer(bench.node, directory, marked, environment(server));
  try {
    await warm(server);
    await checkpointServer(bench.node, directory, program);
  } finally {
    await program.kill();
  }
  return restorers(directory, [], { until: 'answer', http: server, env: bareEnvironment(bench.node) }, read);
}

async function criu(bench: Bench, server: Placed, read: Reading): Promise<(Contestant | Absentee)[]> {
  const { criu } = bench;
  if (typeof criu === 'string') return [{ name: NAMES.criu, absent: criu }];
  return orAbsent([NAMES.criu], async () => [await dumped(bench, criu, server, read)]);
}

async function dumped(bench: Bench, criu: Criu, server: Placed, read: Reading): Promise<Contestant> {
  const directory = join(bench.scratch, 'criu');
  const program = startForCriu(criu, [bench.node, server.program], {
    env: bareEnvironment(bench.node, environment(server)),
    log: join(bench.scratch, 'criu.out'),
    hasIoUring: opensRings(bench),
  });
  try {
    await warm(server);
    await dump(criu, program, directory);
  } finally {
    await program.kill();
  }
  const run = {
    until: 'answer',
    http: server,
    victim: program.pid,
    wrapper: criu.wrapper,
    env: bareEnvironment(bench.node),
  } as const;
  return timed(NAMES.criu, restoreCommand(directory), run, read);
}

async function warm({ port, path, warming }: Placed): Promise<void> {
  await waitForServer(port, path);
  await load(port, warming);
}

function environment({ port }: Placed): Record<string, string> {
  return { PORT: String(port), QUIET: '1', NODE_ENV: 'production' };
}

function reader({ expected }: Placed): Reading {
  return ({ firstByte, answer, payload }) => {
    if (!payload.startsWith('HTTP/1.1 200 ') || !payload.includes(expected)) {
      throw new Error(`Wrong answer: ${payload.slice(0, 300)}`);
    }
    return { ...(Number.isNaN(firstByte) ? {} : { 'first JavaScript': firstByte }), answer };
  };
}
