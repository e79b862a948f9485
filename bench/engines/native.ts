import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bareEnvironment } from '../measure/environment.js';
import { inRepository } from '../measure/paths.js';
import { type Program, readTail, runProgram, startProgram } from '../measure/start-program.js';

/** The two ways of restoring an image. */
export const RESTORERS: Readonly<Record<'launcher' | 'command', readonly string[]>> = {
  launcher: [inRepository('prebuilds/linux-x64/crac-launcher')],
  command: [inRepository('bin/crac'), 'restore'],
};

/** A program that writes its own image through the API. */
export interface SelfImage {
  readonly node: string;
  /** Path of the program, then its arguments. */
  readonly program: readonly string[];
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Image directory; its parent gets the log. */
  readonly directory: string;
}

/** Runs a program up to its call of `checkpointRestore()`. */
export async function makeSelfImage({ node, program, env, directory }: SelfImage): Promise<void> {
  const log = `${directory}.log`;
  await runProgram([node, ...program], {
    env: bareEnvironment(node, { ...env, BENCH_ENGINE: 'native', BENCH_IMAGE: directory }),
    log,
  });
  requireImage(directory, log);
}

/** Starts an unmodified server as `crac run` does; `options` are Node's. */
export function startServer(
  node: string,
  directory: string,
  server: readonly string[],
  env: Readonly<Record<string, string>>,
): Program {
  return startProgram([inRepository('bin/crac'), 'run', '--checkpoint-to', directory, ...server], {
    env: bareEnvironment(node, env),
    log: `${directory}.log`,
  });
}

/** Has a running server written to disk with `crac checkpoint`; it has ended with status 0 afterwards. */
export async function checkpointServer(node: string, directory: string, server: Program): Promise<void> {
  const log = `${directory}.checkpoint.log`;
  await runProgram([inRepository('bin/crac'), 'checkpoint', String(server.pid), '--to', directory], {
    env: bareEnvironment(node),
    log,
  });
  const ending = await server.ended;
  if (ending !== 0) throw new Error(`The checkpointed server ended with ${ending}: ${readTail(server.log)}`);
  requireImage(directory, log);
}

function requireImage(directory: string, log: string): void {
  if (existsSync(join(directory, 'process.core'))) return;
  throw new Error(`There is no image in ${directory}: ${readTail(log)}`);
}
