import { execFile } from 'node:child_process';
import { inRepository } from './paths.js';

const NANOSECONDS_PER_MILLISECOND = 1e6;
const OUTPUT_LIMIT = 64 << 20;
const TIME_LIMIT_MILLISECONDS = 300_000;

/** What a run is timed up to. */
export type TimedEvent = 'byte' | 'mark' | 'answer' | 'exit';

/** How a program is started and what is waited for. */
export interface TimedRun {
  readonly until: TimedEvent;
  /** Port on 127.0.0.1 and path with query; needed for `answer`. */
  readonly http?: { readonly port: number; readonly path: string } | undefined;
  /** Where the program writes instead of its standard output. */
  readonly fifo?: string | undefined;
  /** Process that the program brings to life before it ends by itself, to be killed after the event. */
  readonly victim?: number | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string | undefined;
  /** Command line in front of the stopwatch; not part of the time. */
  readonly wrapper?: readonly string[] | undefined;
}

/** Milliseconds since the program was started; NaN for what did not happen. */
export interface Timing {
  readonly firstByte: number;
  readonly lastByte: number;
  readonly answer: number;
  readonly exit: number;
  /** The HTTP answer with its head, or what the program wrote. */
  readonly payload: string;
}

/** Runs a program under the stopwatch; rejects when the event did not happen. */
export async function time(command: readonly string[], run: TimedRun): Promise<Timing> {
  const { status, stdout, stderr } = await execute(commandLine(command, run), run);
  const end = stdout.indexOf('\n');
  if (status !== 0 || end < 0) {
    throw new Error(`${command.join(' ')}: no ${run.until} was seen. ${stdout.slice(0, 500)}${stderr}`);
  }
  const raw = JSON.parse(stdout.slice(0, end)) as Record<string, number>;
  if (run.until === 'exit' && raw['code'] !== 0) {
    throw new Error(`${command.join(' ')} ended with ${raw['code']}: ${stderr.slice(-1500)}`);
  }
  return {
    firstByte: toMilliseconds(raw['firstByte']),
    lastByte: toMilliseconds(raw['lastByte']),
    answer: toMilliseconds(raw['answer']),
    exit: toMilliseconds(raw['exit']),
    payload: stdout.slice(end + 1),
  };
}

function commandLine(command: readonly string[], run: TimedRun): string[] {
  return [
    ...(run.wrapper ?? []),
    inRepository('build/bench/native/stopwatch'),
    '--until',
    run.until,
    '--limit',
    String(TIME_LIMIT_MILLISECONDS),
    ...(run.http ? ['--http', String(run.http.port), run.http.path] : []),
    ...(run.fifo ? ['--fifo', run.fifo] : []),
    ...(run.victim ? ['--kill', String(run.victim)] : []),
    '--',
    ...command,
  ];
}

function execute(
  [program = '', ...args]: readonly string[],
  { env, cwd }: TimedRun,
): Promise<{ status: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(program, args, { env, cwd, maxBuffer: OUTPUT_LIMIT }, (error, stdout, stderr) => {
      resolve({
        status: error ? Number(error.code ?? 1) || 1 : 0,
        stdout,
        stderr: stderr || (error?.message ?? ''),
      });
    });
  });
}

function toMilliseconds(nanoseconds: number | undefined): number {
  return nanoseconds === undefined || nanoseconds < 0
    ? Number.NaN
    : nanoseconds / NANOSECONDS_PER_MILLISECOND;
}
