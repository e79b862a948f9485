import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';

/** How a process is started; milliseconds for the time limit. */
export interface StartOptions {
  readonly cwd?: string | undefined;
  /** Added to the bare environment that every started process gets. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** @default 60000 */
  readonly timeout?: number | undefined;
  readonly stdio?: StdioOptions | undefined;
}

/** How a process ended and what it wrote. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process under test; it is killed when its test ends. */
export interface Running {
  readonly pid: number;
  readonly child: ChildProcess;
  /** Settles when the process has ended; rejects when it did not in time. */
  readonly ended: Promise<Ended>;
  /** Waits until standard output holds the pattern. */
  waitFor(pattern: RegExp): Promise<RegExpMatchArray>;
}

interface Output {
  stdout: string;
  stderr: string;
  isLate: boolean;
  isOver: boolean;
}

/** Starts a program in a bare environment. */
export function start(
  t: Pick<TestContext, 'after'>,
  command: readonly string[],
  options: StartOptions = {},
): Running {
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...bareEnvironment(), ...options.env },
    stdio: options.stdio ?? ['ignore', 'pipe', 'pipe'],
  });
  const output: Output = { stdout: '', stderr: '', isLate: false, isOver: false };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  const ended = watch(child, output, options.timeout ?? 60_000, command.join(' '));
  t.after(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await ended.catch(() => undefined);
  });
  const waitFor = (pattern: RegExp): Promise<RegExpMatchArray> => waitForOutput(child, output, pattern);
  return { pid: child.pid ?? 0, child, ended, waitFor };
}

/** Starts a program and waits for its end. */
export function runToEnd(
  t: Pick<TestContext, 'after'>,
  command: readonly string[],
  options: StartOptions = {},
): Promise<Ended> {
  return start(t, command, options).ended;
}

function bareEnvironment(): Record<string, string> {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'USER'];
  return Object.fromEntries(
    kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

async function watch(child: ChildProcess, output: Output, timeout: number, command: string): Promise<Ended> {
  const timer = setTimeout(() => {
    output.isLate = true;
    child.kill('SIGKILL');
  }, timeout);
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    if (output.isLate) throw new Error(`Killed after ${timeout} ms: ${command}${printed(output)}`);
    return { code, signal, stdout: output.stdout, stderr: output.stderr };
  } finally {
    output.isOver = true;
    clearTimeout(timer);
  }
}

function waitForOutput(child: ChildProcess, output: Output, pattern: RegExp): Promise<RegExpMatchArray> {
  return new Promise((resolve, reject) => {
    const over = (): void => reject(new Error(`Ended without writing ${pattern}.${printed(output)}`));
    const look = (): void => {
      const match = output.stdout.match(pattern);
      if (!match) return;
      child.stdout?.off('data', look);
      child.off('close', over);
      resolve(match);
    };
    child.stdout?.on('data', look);
    child.once('close', over);
    look();
    if (output.isOver) over();
  });
}

function printed({ stdout, stderr }: Output): string {
  return `\nstdout: ${stdout}\nstderr: ${stderr}`;
}
