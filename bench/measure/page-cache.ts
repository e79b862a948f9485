import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { inRepository } from './paths.js';

/** Bytes of a file that is not held: it would take too much of the machine, and the part that is needed at first is a small one. */
const LARGE = 512 << 20;

/**
 * Keeps files in the page cache while `work` runs, and all files of directories. Some virtual machines take away within seconds what no process has
 * mapped just then, so that every run would measure the disk a little.
 */
export async function whileCached<Result>(
  paths: readonly string[],
  work: () => Promise<Result>,
): Promise<Result> {
  const holder = spawn(inRepository('build/bench/native/hold'), paths.flatMap(listFiles), {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(holder, 'exit');
  try {
    await Promise.race([once(holder.stdout, 'data'), ended]);
    return await work();
  } finally {
    holder.stdin.end();
    await ended;
  }
}

/** What lies in there and can be held. */
function listFiles(path: string): string[] {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status?.isDirectory()) return readdirSync(path).flatMap((name) => listFiles(join(path, name)));
  return status?.isFile() && status.size < LARGE ? [path] : [];
}
