/** Becomes another user as soon as it is restored: so do all of its threads, those that have yet to go on included. */
import assert from 'node:assert/strict';
import { pbkdf2 } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { getGlobalContext } from 'node-crac';
import { checkpoint, pass } from '../../support/program.js';

const NOBODY = 65_534;
const THREADS_OF_POOL = 4;

const work = promisify(pbkdf2);

async function usePool(): Promise<void> {
  await Promise.all(
    Array.from({ length: THREADS_OF_POOL }, () => work('password', 'salt', 10_000, 32, 'sha256')),
  );
}

function usersOfThreads(): readonly string[] {
  return readdirSync('/proc/self/task').map(
    (thread) => /^Uid:\s*(.*)$/m.exec(readFileSync(`/proc/self/task/${thread}/status`, 'utf8'))?.[1] ?? '',
  );
}

await usePool();
const threads = usersOfThreads().length;
getGlobalContext().register({ beforeCheckpoint() {}, afterRestore: () => process.setuid?.(NOBODY) });
await checkpoint();
await usePool();
const user = [NOBODY, NOBODY, NOBODY, NOBODY].join('\t');
assert.deepEqual(usersOfThreads(), new Array(threads).fill(user));
pass();
