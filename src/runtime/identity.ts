import type { RestoreInfo } from '../core/restore-info.js';
import type { Repair } from './repair.js';
import type { RuntimeServices } from './runtime.js';

/**
 * Who the process is: its number, arguments, environment and working directory, all of which Node reads once and remembers.
 *
 * `process.ppid` needs nothing, Node asks the kernel each time. Worker threads have copies of their own of `process.pid` and `process.env`,
 * made when they were started; they keep them.
 */
export function createIdentity({ pid }: Pick<RuntimeServices, 'pid'>): Repair {
  return {
    beforeCheckpoint() {},
    afterRestore(_context, info) {
      if (info.restored) adoptIdentity(info, pid());
    },
  };
}

function adoptIdentity({ env, hasArgs, args, cwd }: RestoreInfo, pid: number): void {
  if (pid !== process.pid) adoptPid(pid);
  if (env !== undefined) adoptEnvironment(env);
  if (hasArgs) process.argv.splice(2, Number.POSITIVE_INFINITY, ...args);
  process.chdir(cwd || '.');
}

/** `process.pid` is a plain property that Node sets once. */
function adoptPid(pid: number): void {
  Object.defineProperty(process, 'pid', { value: pid, writable: true, enumerable: true, configurable: true });
}

/** Replaces the content and keeps the object, which programs hold on to. Assigning `TZ` also makes V8 forget the old time zone. */
function adoptEnvironment(env: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(process.env)) {
    if (!(name in env)) delete process.env[name];
  }
  for (const [name, value] of Object.entries(env)) {
    if (process.env[name] !== value) process.env[name] = value;
  }
}
