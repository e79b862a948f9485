import { readFileSync, readlinkSync } from 'node:fs';
import type { OpenDescriptor } from './open-descriptor.js';

/** A process from which a descriptor came. */
export interface Giver {
  readonly pid: number;
  readonly command: string;
}

/** How far up the parents are asked. */
const GENERATIONS = 10;

/**
 * The nearest parent of this process that has the same file open at the same number: it has handed it on, often without knowing. Two processes that
 * have opened one file by themselves differ in where they are in it, most of the time.
 */
export function inheritedFrom({ fd, target }: OpenDescriptor): Giver | undefined {
  const own = stateOf('self', fd);
  let pid = process.ppid;
  for (let generation = 0; own !== undefined && pid > 0 && generation < GENERATIONS; generation += 1) {
    if (targetOf(pid, fd) === target && stateOf(pid, fd) === own) return { pid, command: commandOf(pid) };
    pid = parentOf(pid);
  }
  return undefined;
}

function targetOf(pid: number, fd: number): string | undefined {
  return attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`));
}

/** Position and file; flags belong to the number and not to what is open. */
function stateOf(pid: number | 'self', fd: number): string | undefined {
  return attempt(() => readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8').replace(/^flags:.*\n/m, ''));
}

function commandOf(pid: number): string {
  return attempt(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trim()) ?? '';
}

/** The second field behind the name in parentheses. */
function parentOf(pid: number): number {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? '';
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
}

function attempt<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
