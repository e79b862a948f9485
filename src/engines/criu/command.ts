/** The command lines of CRIU. */
import { isUnprivileged } from './capabilities.js';

/** File in the image's folder in which CRIU tells what it does at a checkpoint. */
export const DUMP_LOG = 'dump.log';
/** The same at a restore, in a folder of its own. */
export const RESTORE_LOG = 'restore.log';
/** What it says before it has opened that. */
export const OUTPUT_FILE = 'criu.out';

/** The switch of CRaC's CRIU against mapping pages from the image. */
const COPYING = '--no-mmap-page-image';

/** What all command lines have. */
interface CommandInput {
  /** Absolute path of CRIU. */
  readonly criu: string;
  /** Folder with CRIU's files. */
  readonly folder: string;
  /** What somebody wants to have added. */
  readonly args: readonly string[];
}

/** Writes a process and lets it go on. */
export function dumpCommand({ criu, folder, args }: CommandInput, pid: number): readonly string[] {
  return [
    ...[criu, 'dump', '--tree', String(pid), '--images-dir', folder, '--log-file', DUMP_LOG],
    ...['--leave-running', '--shell-job', ...privileges(), ...args],
  ];
}

/** The same with what CRIU prints going to a file: who runs it knows nothing of that. */
export function loggedCommand(command: readonly string[], file: string): readonly string[] {
  return ['/bin/sh', '-c', 'file=$1 && shift && exec "$@" >"$file" 2>&1', 'sh', file, ...command];
}

/** Makes the process again, as a sibling of CRIU; logs go to `work`, for an image may be used by many. */
export function restoreCommand(
  { criu, folder, args }: CommandInput,
  work: string,
  isCopying: boolean,
): readonly string[] {
  return [
    ...[criu, 'restore', '--images-dir', folder, '--work-dir', work, '--log-file', RESTORE_LOG],
    ...['--restore-detached', '--restore-sibling', '--shell-job', ...privileges()],
    ...[...(isCopying ? [COPYING] : []), ...args],
  ];
}

/** Whether a CRIU whose help this is maps pages from the image unless it is told not to. */
export function mapsPages(help: string): boolean {
  return help.includes('mmap-page-image');
}

/** A command line as one can give it to a shell. */
export function quoteCommand(command: readonly string[]): string {
  return command
    .map((word) => (/^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}

function privileges(): readonly string[] {
  return isUnprivileged() ? ['--unprivileged'] : [];
}
