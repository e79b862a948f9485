import { existsSync, readdirSync, readFileSync, unlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { cracError, isCracException } from '../errors.js';
import { ask } from './client.js';
import type { ProcessStatus } from './process-status.js';
import { checkRuntimeDirectory, socketPath } from './runtime-directory.js';

/** Milliseconds that a process has to tell its status. */
const STATUS_TIMEOUT = 2000;

/** Milliseconds that a process has to appear, and between two looks. */
const APPEARANCE_TIMEOUT = 1000;
const LOOK_AGAIN = 50;

/** A process that has a socket. */
export interface AttachableProcess {
  readonly pid: number;
  readonly path: string;
  /** Absent when the process lives but did not answer in time, for example because its event loop is busy. */
  readonly status?: ProcessStatus;
}

/** All living processes with a socket in `directory`, by pid; removes the sockets of those that are gone. */
export async function listProcesses(directory: string): Promise<readonly AttachableProcess[]> {
  const pids = await socketPids(directory);
  const found = await Promise.all(pids.map((pid) => inspectProcess(directory, pid)));
  return found.filter((process) => process !== undefined).sort((a, b) => a.pid - b.pid);
}

/**
 * The process that `target`, a pid or a name, means.
 * @throws CracException when there is none or more than one.
 */
export async function findProcess(directory: string, target: string): Promise<AttachableProcess> {
  const latest = performance.now() + APPEARANCE_TIMEOUT;
  for (;;) {
    const processes = await candidates(directory, target);
    const [found, second] = processes;
    if (second !== undefined)
      throw cracError('ERR_CRAC_PROCESS_AMBIGUOUS', { target, pids: processes.map(({ pid }) => pid) });
    if (found !== undefined) return found;
    if (performance.now() > latest || !mayAppear(target))
      throw cracError('ERR_CRAC_PROCESS_NOT_FOUND', { target, directory });
    await sleep(LOOK_AGAIN);
  }
}

/** A process that was just started or restored listens a moment later; one that is gone never will. */
function mayAppear(target: string): boolean {
  return !isPid(target) || isAlive(Number(target));
}

function isPid(target: string): boolean {
  return /^\d+$/.test(target);
}

async function candidates(directory: string, target: string): Promise<readonly AttachableProcess[]> {
  const processes = await listProcesses(directory);
  if (isPid(target)) return processes.filter(({ pid }) => pid === Number(target));
  return processes.filter(({ status }) => status?.name === target);
}

async function socketPids(directory: string): Promise<readonly number[]> {
  if (!existsSync(directory)) return [];
  await checkRuntimeDirectory(directory);
  return readdirSync(directory)
    .flatMap((name) => /^([1-9]\d*)\.sock$/.exec(name)?.[1] ?? [])
    .map(Number);
}

async function inspectProcess(directory: string, pid: number): Promise<AttachableProcess | undefined> {
  const path = socketPath(directory, pid);
  try {
    for await (const reply of ask(path, { request: 'status' }, { timeout: STATUS_TIMEOUT })) {
      if (reply.reply === 'status') return { pid, path, status: reply.status };
    }
    return { pid, path };
  } catch (error) {
    if (!isCracException(error)) throw error;
    if (error.code !== 'ERR_CRAC_CONTROL_UNREACHABLE') return { pid, path };
    removeStale(path, pid);
    return undefined;
  }
}

/** A socket nobody listens on may still belong to a process of this pid that is being checkpointed: then it stays. */
function removeStale(path: string, pid: number): void {
  if (isAlive(pid)) return;
  try {
    unlinkSync(path);
  } catch {
    return;
  }
}

function isAlive(pid: number): boolean {
  try {
    readFileSync(`/proc/${pid}/stat`);
    return true;
  } catch {
    return false;
  }
}
