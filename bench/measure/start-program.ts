import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { inRepository } from './paths.js';

/** How a program is started. */
export interface StartOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string | undefined;
  /** File that gets everything it writes. */
  readonly log: string;
}

/** A program that runs beside the benchmark, in a session of its own. */
export interface Program {
  readonly pid: number;
  /** Settles with exit code or signal when it has ended. */
  readonly ended: Promise<number | string>;
  readonly log: string;
  kill(): Promise<void>;
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts a program that inherits nothing, with its output in a file; it is killed when this process exits. */
export function startProgram(command: readonly string[], options: StartOptions): Program {
  const output = openSync(options.log, 'a');
  const child = spawn(inRepository('build/bench/native/alone'), command, {
    env: options.env,
    cwd: options.cwd,
    stdio: ['ignore', output, output],
    detached: true,
  });
  closeSync(output);
  running.add(child);
  const ended = once(child, 'exit').then(([code, signal]: (number | string)[]) => {
    running.delete(child);
    return code ?? signal ?? 'unknown';
  });
  return {
    pid: child.pid ?? 0,
    ended,
    log: options.log,
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Starts a program and waits for its end; rejects unless it exits with status 0. */
export async function runProgram(command: readonly string[], options: StartOptions): Promise<void> {
  const ending = await startProgram(command, options).ended;
  if (ending === 0) return;
  throw new Error(`${command.join(' ')} ended with ${ending}: ${readTail(options.log)}`);
}

/** The end of what a program wrote. */
export function readTail(log: string): string {
  return readFileSync(log, 'utf8').trim().slice(-1500);
}
