import { type SpawnSyncReturns, type StdioOptions, spawnSync } from 'node:child_process';
import { closeSync, openSync, readdirSync } from 'node:fs';

const TIMEOUT = 30_000;

/**
 * Runs a program to its end. Descriptors that the caller of this command left open would come along, and cannot travel in an image:
 * `/dev/null` takes their places.
 *
 * @param timeout - Milliseconds after which the program is ended. @default those of a small program
 */
export function startClean(
  program: string,
  args: readonly string[],
  {
    env = process.env,
    timeout = TIMEOUT,
  }: { readonly env?: NodeJS.ProcessEnv; readonly timeout?: number } = {},
): SpawnSyncReturns<string> {
  const nothing = openSync('/dev/null', 'r+');
  const strays = Math.max(...readdirSync('/proc/self/fd').map(Number));
  const stdio: StdioOptions = ['ignore', 'pipe', 'pipe', ...Array<number>(strays).fill(nothing)];
  try {
    return spawnSync(program, args, {
      encoding: 'utf8',
      maxBuffer: Number.POSITIVE_INFINITY,
      timeout,
      stdio,
      env,
    });
  } finally {
    closeSync(nothing);
  }
}
