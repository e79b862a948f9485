/** The private directory in which every attachable process of one user has its socket. */
import { existsSync, lstatSync, mkdirSync, type Stats, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** Longest path of a unix socket that Linux accepts, in bytes without the terminator. */
const SOCKET_PATH_LIMIT = 107;

type Environment = Readonly<Record<string, string | undefined>>;

/** Where the sockets are: `CRAC_RUNTIME_DIR`, else `$XDG_RUNTIME_DIR/node-crac`, else `/tmp/node-crac-UID`. */
export function runtimeDirectory(
  environment: Environment = process.env,
  uid: number = currentUser(),
): string {
  const { CRAC_RUNTIME_DIR: own, XDG_RUNTIME_DIR: session } = environment;
  if (own) return resolve(own);
  if (session && isDirectory(session)) return join(session, 'node-crac');
  return `/tmp/node-crac-${uid}`;
}

/** Path of the socket of process `pid`. */
export function socketPath(directory: string, pid: number): string {
  return join(directory, `${pid}.sock`);
}

/** Creates the directory if it is missing and refuses one that anybody else could enter or replace. */
export async function ensureRuntimeDirectory(directory: string): Promise<void> {
  try {
    makeWithParents(directory);
  } catch (cause) {
    await refuse(directory, `cannot be made (${(cause as NodeJS.ErrnoException).code})`, cause);
  }
  await checkRuntimeDirectory(directory);
}

/**
 * Node's own way (`recursive`) never ends where a folder that exists can have no new ones and the kernel says ENOENT for that, as it does below /proc:
 * it takes the parent for missing, finds it, and begins again.
 */
function makeWithParents(directory: string): void {
  if (existsSync(directory)) return;
  makeWithParents(dirname(directory));
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    // Another process may have made it in between.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Refuses a directory that is not this user's alone, or that is too deep for a socket; the directory exists. */
export async function checkRuntimeDirectory(directory: string): Promise<void> {
  const fault = findFault(directory, lstatSync(directory));
  if (fault !== undefined) await refuse(directory, fault);
}

function findFault(directory: string, stats: Stats): string | undefined {
  if (!stats.isDirectory()) return 'is not a directory';
  if (stats.uid !== currentUser()) return `belongs to user ${stats.uid}`;
  if (stats.mode & 0o077) return `has the permissions 0${(stats.mode & 0o777).toString(8)} and not 0700`;
  if (Buffer.byteLength(socketPath(directory, 4194304)) > SOCKET_PATH_LIMIT) {
    return 'has a path that is too long for a socket';
  }
  return undefined;
}

/** Every program with the preload loads this file; the errors are loaded by those that need one. */
async function refuse(directory: string, reason: string, cause?: unknown): Promise<never> {
  const { cracError } = await import('../errors.js');
  throw cracError('ERR_CRAC_CONTROL_DIRECTORY', { directory, reason }, cause);
}

function currentUser(): number {
  return process.geteuid?.() ?? 0;
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
