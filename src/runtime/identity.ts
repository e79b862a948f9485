import { readFileSync } from 'node:fs';
import type { Resource } from '../core/resource.js';
import type { RestoreInfo } from '../core/restore-info.js';

/**
 * Who the process is: its number, arguments, environment and working directory, all of which Node reads once and remembers.
 *
 * `process.ppid` needs nothing, Node asks the kernel each time. Worker threads have copies of their own of `process.pid` and `process.env`,
 * made when they were started; they keep them.
 */
export function createIdentity(): Resource {
  return {
    beforeCheckpoint() {},
    afterRestore(_context, info) {
      if (info.restored) adoptIdentity(info);
    },
  };
}

function adoptIdentity(info: RestoreInfo): void {
  adoptPid();
  if (info.env !== undefined) adoptEnvironment(info.env);
  if (info.hasArgs) process.argv.splice(2, Number.POSITIVE_INFINITY, ...info.args);
  process.chdir(info.cwd);
}

/** `process.pid` is a plain property that Node sets once. */
function adoptPid(): void {
  const pid = kernelPid() ?? process.pid;
  Object.defineProperty(process, 'pid', { value: pid, writable: true, enumerable: true, configurable: true });
}

/** The number of this process in the innermost PID namespace, which is what getpid(2) answers there. */
function kernelPid(): number | undefined {
  const [, numbers] = /^NSpid:\s*(.+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return numbers === undefined ? undefined : Number(numbers.split('\t').at(-1));
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
