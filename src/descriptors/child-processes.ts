import type { ChildProcess } from 'node:child_process';
import type { Cluster } from 'node:cluster';
import { readdirSync, readFileSync } from 'node:fs';
import type { ChildProcessDetails, OpenedDetails } from '../error-details.js';

/** State of a process that has ended and whose parent has not asked for its exit code yet. */
const ZOMBIE = 'Z';

/**
 * The children of this process: those that the kernel knows, so that unreferenced ones and those of native addons are among them, and
 * those whose `exit` event Node has still to emit. `madeBy` says of the objects of Node who made them.
 */
export function childProcesses(
  madeBy: (child: object) => OpenedDetails | undefined = () => undefined,
): readonly ChildProcessDetails[] {
  const known = knownChildren(madeBy);
  const others = kernelChildren().filter((pid) => !known.has(pid) && stateOf(pid) !== ZOMBIE);
  return [...known.values(), ...others.map(describeByPid)];
}

/** Children with a referenced handle, from Node's undocumented but stable list of handles. */
function knownChildren(
  madeBy: (child: object) => OpenedDetails | undefined,
): Map<number, ChildProcessDetails> {
  const { _getActiveHandles: handles } = process as { _getActiveHandles?: () => readonly object[] };
  const children = (handles?.call(process) ?? []).flatMap((handle) => {
    const child = describeHandle(handle);
    const opened = child && madeBy(handle);
    return child === undefined ? [] : [{ ...child, ...(opened !== undefined && { opened }) }];
  });
  return new Map(children.map((child) => [child.pid, child]));
}

function describeHandle(handle: object): ChildProcessDetails | undefined {
  if (handle.constructor.name !== 'ChildProcess') return undefined;
  const { pid, spawnfile, exitCode, signalCode } = handle as Partial<ChildProcess>;
  const hasEnded = exitCode !== null || signalCode !== null;
  if (pid === undefined || hasEnded) return undefined;
  const command = spawnfile === undefined ? {} : { command: spawnfile };
  return { pid, ...command, ...(clusterWorkers().has(pid) && { isClusterWorker: true }) };
}

/** Workers of `node:cluster`, which is there without having been loaded before. */
function clusterWorkers(): ReadonlySet<number | undefined> {
  const { workers } = process.getBuiltinModule('node:cluster') as unknown as Cluster;
  return new Set(Object.values(workers ?? {}).map((worker) => worker?.process.pid));
}

/** Each thread has children of its own; a kernel without CONFIG_PROC_CHILDREN tells of none. */
function kernelChildren(): readonly number[] {
  return readdirSync('/proc/self/task').flatMap((thread) => {
    const pids = readProc(`/proc/self/task/${thread}/children`) ?? '';
    return pids.split(' ').filter(Boolean).map(Number);
  });
}

function describeByPid(pid: number): ChildProcessDetails {
  const command = readProc(`/proc/${pid}/comm`)?.trim();
  return { pid, ...(command && { command }) };
}

/** The third field of `stat`, after the name in parentheses. */
function stateOf(pid: number): string | undefined {
  const stat = readProc(`/proc/${pid}/stat`);
  return stat?.charAt(stat.lastIndexOf(')') + 2);
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
