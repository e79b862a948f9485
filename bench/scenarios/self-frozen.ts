import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Criu, dump, makeFifo, restoreCommand, startForCriu } from '../engines/criu.js';
import { makeSelfImage } from '../engines/native.js';
import type { Absentee, Contest, Contestant } from '../measure/contestant.js';
import { bareEnvironment } from '../measure/environment.js';
import { waitForText } from '../measure/wait-for-text.js';
import { emptyNode, NAMES, orAbsent, type Reading, race, restorers, timed } from './contestants.js';
import { type Bench, opensRings } from './scenario.js';

/** A program of `bench/programs` that freezes itself, and goes on when it comes back. */
export interface SelfFrozen {
  /** Path of the program. */
  readonly program: string;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Arguments that it gets when it comes back, or from the start in a cold run. */
  readonly args: readonly string[];
  /** What it must write after the `!`; undefined: whatever its first cold run wrote. */
  readonly expected?: string | undefined;
  /** How often CRIU takes part, when not as often as the others. */
  readonly criuRuns?: number | undefined;
  /** Whether a cold run says something. */
  readonly hasCold: boolean;
}

/** Races cold runs, restores and CRIU on one program: up to its first line of JavaScript and up to the end of its work. */
export async function raceSelfFrozen(bench: Bench, subject: SelfFrozen): Promise<Contest> {
  const read = reader(subject.expected);
  const entries = [
    emptyNode(bench),
    ...(subject.hasCold ? [cold(bench, subject, read)] : []),
    ...(await orAbsent([NAMES.launcher, NAMES.command], () => native(bench, subject, read))),
    ...(await criu(bench, subject, read)),
  ];
  return race(bench, entries);
}

function cold({ node }: Bench, subject: SelfFrozen, read: Reading): Contestant {
  const env = bareEnvironment(node, { ...subject.env, BENCH_ENGINE: 'none', BENCH_WARM: '' });
  const command = [node, subject.program, ...subject.args];
  return timed(NAMES.cold, command, { until: 'mark', env }, read);
}

async function native(bench: Bench, subject: SelfFrozen, read: Reading): Promise<Contestant[]> {
  const directory = join(bench.scratch, 'image');
  await makeSelfImage({ node: bench.node, program: [subject.program], env: subject.env, directory });
  return restorers(directory, subject.args, { until: 'mark', env: bareEnvironment(bench.node) }, read);
}

async function criu(bench: Bench, subject: SelfFrozen, read: Reading): Promise<(Contestant | Absentee)[]> {
  const { criu } = bench;
  if (typeof criu === 'string') return [{ name: NAMES.criu, absent: criu }];
  return orAbsent([NAMES.criu], async () => [await dumped(bench, criu, subject, read)]);
}

async function dumped(bench: Bench, criu: Criu, subject: SelfFrozen, read: Reading): Promise<Contestant> {
  const directory = join(bench.scratch, 'criu');
  const fifo = join(bench.scratch, 'fifo');
  const file = join(bench.scratch, 'arguments.json');
  const log = join(bench.scratch, 'criu.out');
  makeFifo(fifo);
  writeFileSync(file, JSON.stringify(subject.args));
  const env = bareEnvironment(bench.node, {
    ...subject.env,
    BENCH_ENGINE: 'criu',
    BENCH_FIFO: fifo,
    BENCH_ARGUMENTS: file,
  });
  const program = startForCriu(criu, [bench.node, subject.program], {
    env,
    log,
    hasIoUring: opensRings(bench),
  });
  try {
    await waitForText(log, 'ready\n');
    await dump(criu, program, directory);
  } finally {
    await program.kill();
  }
  const run = {
    until: 'mark',
    fifo,
    victim: program.pid,
    wrapper: criu.wrapper,
    env: bareEnvironment(bench.node),
  } as const;
  return timed(NAMES.criu, restoreCommand(directory), run, read, subject.criuRuns);
}

/** Checks what was written: the first run decides where nothing is expected, and the cold run comes first. */
function reader(expected: string | undefined): Reading {
  let reference = expected;
  return ({ firstByte, lastByte, payload }) => {
    reference ??= payload;
    if (payload !== reference) {
      throw new Error(
        `Wrong output: ${JSON.stringify(payload.slice(0, 200))} instead of ${JSON.stringify(reference.slice(0, 200))}.`,
      );
    }
    return { 'first JavaScript': firstByte, answer: lastByte };
  };
}
