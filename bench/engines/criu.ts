import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { inRepository } from '../measure/paths.js';
import { type Program, type StartOptions, startProgram } from '../measure/start-program.js';

const PREFIX = inRepository('build/criu');
/** Directory of its programs and libraries; absent where it was never installed. */
export const CRIU_FILES: string = `${PREFIX}/root/usr`;
const LIBRARIES = `${PREFIX}/root/usr/lib/x86_64-linux-gnu`;
const REST_MILLISECONDS = 1500;

const run = promisify(execFile);

/** CRIU on this machine: everything happens in one mount namespace whose /run is a tmpfs, where CRIU keeps what it knows of the kernel. */
export interface Criu {
  readonly version: string;
  /** Command line in front of whatever shall run in the namespace. */
  readonly wrapper: readonly string[];
}

/** Installs CRIU when it is missing; gives one sentence when it cannot be used here. */
export async function prepareCriu(): Promise<Criu | string> {
  if (process.getuid?.() !== 0) return 'CRIU needs root, and this is an ordinary user.';
  try {
    await run('sh', [inRepository('tools/install-criu.sh'), PREFIX]);
    const wrapper = await openNamespace();
    const criu: Criu = { version: '', wrapper };
    await criuCommand(criu, ['check']);
    const { stdout } = await criuCommand(criu, ['--version']);
    return { wrapper, version: /Version: (\S+)/.exec(stdout)?.[1] ?? 'unknown' };
  } catch (error) {
    return `CRIU cannot be used here: ${error instanceof Error ? lastLine(error) : error}`;
  }
}

/** Starts a program that CRIU can dump: in CRIU's namespace, with standard streams that were opened there, and without io_uring where Node would open rings. */
export function startForCriu(
  criu: Criu,
  command: readonly string[],
  options: StartOptions & { readonly hasIoUring: boolean },
): Program {
  const filter = options.hasIoUring ? [inRepository('prebuilds/linux-x64/crac-criu'), 'run'] : [];
  const script = 'cd "$BENCH_DIRECTORY" && exec "$@" </dev/null >>"$BENCH_LOG" 2>&1';
  const env = { ...options.env, BENCH_LOG: options.log, BENCH_DIRECTORY: options.cwd ?? process.cwd() };
  return startProgram([...criu.wrapper, 'sh', '-c', script, 'sh', ...filter, ...command], {
    ...options,
    env,
  });
}

/** Writes the program to a directory; it is gone afterwards, and enough time has passed for it to notice when it comes back. */
export async function dump(criu: Criu, program: Program, directory: string): Promise<void> {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  try {
    await criuCommand(criu, ['dump', '-t', String(program.pid), '-D', directory, '-o', 'dump.log', '-v2']);
  } catch {
    throw new Error(`CRIU cannot dump it: ${readErrors(join(directory, 'dump.log'))}`);
  }
  await program.ended;
  await sleep(REST_MILLISECONDS);
}

/** The command line that brings a dumped program back and leaves it running. */
export function restoreCommand(directory: string): string[] {
  return [...commandLine(), 'restore', '-d', '-D', directory, '-o', 'restore.log', '-v0'];
}

function criuCommand(criu: Criu, args: readonly string[]): Promise<{ stdout: string }> {
  const [program = '', ...rest] = [...criu.wrapper, ...commandLine(), ...args];
  return run(program, rest);
}

/** Without the shell script in `bin/`, whose start would count. */
function commandLine(): string[] {
  return [`${LIBRARIES}/ld-linux-x86-64.so.2`, '--library-path', LIBRARIES, `${PREFIX}/root/usr/sbin/criu`];
}

/** A process that holds the namespace open until this one exits. */
async function openNamespace(): Promise<string[]> {
  const script = 'mount -t tmpfs tmpfs /run && echo ready && exec sleep infinity';
  const holder = spawn('unshare', ['-m', 'sh', '-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  process.once('exit', () => holder.kill('SIGKILL'));
  await new Promise((resolve, reject) => {
    holder.stdout.once('data', resolve);
    holder.once('exit', () => reject(new Error('A mount namespace is not permitted.')));
  });
  holder.unref();
  holder.stdout.destroy();
  return ['nsenter', '-m', '-t', String(holder.pid)];
}

/** Makes a FIFO. */
export function makeFifo(path: string): void {
  rmSync(path, { force: true });
  execFileSync('mkfifo', [path]);
}

function readErrors(log: string): string {
  const errors = readFileSync(log, 'utf8').match(/Error .*/g) ?? [];
  return errors.slice(0, 2).join(' ');
}

function lastLine(error: Error & { stderr?: string }): string {
  return (error.stderr || error.message).trim().split('\n').at(-1) ?? '';
}
