/**
 * Has CRIU make the process again, and stands for it: the program `crac-criu` becomes its parent, wakes it up, hands signals on and ends as it
 * does (`native/criu/restore.c`).
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { cracError } from '../../errors.js';
import type { EngineEnd, EngineRestoreRequest } from '../engine.js';
import type { Brought } from './brought.js';
import { missingCapabilities, missingForLimits } from './capabilities.js';
import { mapsPages, OUTPUT_FILE, quoteCommand, RESTORE_LOG, restoreCommand } from './command.js';
import { examineCriu } from './examine.js';
import { imageFolder, type NotedFacts, readNotedFacts, readThreads } from './image-files.js';
import { presentFacts } from './machine.js';
import { type CriuOptions, readCriuOptions } from './options.js';
import { lastErrorsIn } from './read-log.js';

const NAME = 'criu';

/** What `kill` sends to a process by its number; those of a terminal reach the restored process by themselves. */
const HANDED_ON = [
  ...(['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2', 'SIGCONT', 'SIGALRM'] as const),
  ...(['SIGWINCH', 'SIGPIPE', 'SIGIO', 'SIGURG', 'SIGVTALRM', 'SIGXCPU', 'SIGXFSZ', 'SIGPWR'] as const),
];

/** The first line that the program writes when the restored process was woken up. */
const RESTORED = 'restored\n';

/**
 * Restores the image and settles when its process has ended, as that did.
 *
 * @throws {CracException} `ERR_CRAC_ENGINE_RESTORE_FAILED`, `ERR_CRAC_IMAGE_DAMAGED`
 */
export async function restoreWithCriu(request: EngineRestoreRequest): Promise<EngineEnd> {
  const { directory, image } = request;
  const options = readCriuOptions(request.options);
  const folder = imageFolder(directory, image.id);
  checkImage(request, folder);
  const { findings, path: criu } = examineCriu(options.location, false);
  if (criu === undefined) throw refusal(directory, `${findings.at(-1)?.problem}`);
  const work = mkdtempSync(join(tmpdir(), 'crac-criu-'));
  const removeWork = (): void => rmSync(work, { recursive: true, force: true });
  try {
    const command = restoreCommand({ criu, folder, args: options.args }, work, isCopying(options, criu));
    if (options.printCommand) request.warn(quoteCommand(command));
    const { end } = await standFor(request, command, work);
    removeWork();
    return await end;
  } finally {
    removeWork();
  }
}

function refusal(directory: string, reason: string): Error {
  return cracError('ERR_CRAC_ENGINE_RESTORE_FAILED', { engine: NAME, directory, reason });
}

/** What can be said more clearly than CRIU would. */
function checkImage({ directory, image }: EngineRestoreRequest, folder: string): void {
  const facts = readNotedFacts(folder);
  const taken = [image.process.pid, ...readThreads(folder)].find((number) => existsSync(`/proc/${number}`));
  if (taken !== undefined) {
    throw refusal(
      directory,
      `its processes and threads get the numbers that they had, and ${taken} is taken; end that process, or restore in a PID namespace of its own`,
    );
  }
  const lacking = findLacking(facts);
  if (lacking.length > 0) {
    throw refusal(
      directory,
      `this process lacks ${lacking.join(', ')}, without which criu cannot limit the restored one as it was (bounding set of capabilities, system call filter); run it as root, or give it what it lacks`,
    );
  }
  const present = presentFacts();
  if (present.monotonic < facts.monotonic && present.bootId !== facts.bootId) {
    throw refusal(
      directory,
      'the monotonic clock of this machine, which criu leaves as it is, is behind that of the checkpoint, and Node.js does not bear that; restore on a machine that has been up for longer',
    );
  }
}

/** What CRIU itself may have (setcap) only CRIU can tell. */
function findLacking({ limits }: NotedFacts): readonly string[] {
  return limits === undefined || missingCapabilities().length > 0 ? [] : missingForLimits(limits);
}

/** Whether CRIU has to be told to copy pages; that of CRaC would map them. */
function isCopying({ directMap }: CriuOptions, criu: string): boolean {
  if (directMap) return false;
  const { stdout, stderr } = spawnSync(criu, ['--help'], { encoding: 'utf8' });
  return mapsPages(`${stdout}${stderr}`);
}

/** Settles when the process was woken up; `end` does when it has ended. */
async function standFor(
  request: EngineRestoreRequest,
  command: readonly string[],
  work: string,
): Promise<{ readonly end: Promise<EngineEnd> }> {
  const child = start(request, command, work);
  const letGo = handSignalsOn(child);
  const end = once(child, 'close').finally(letGo);
  const report = await text(child.stdio[4] as Readable);
  if (report === RESTORED) return { end: end.then(([code, signal]) => signal ?? code) };
  await end;
  const said = lastErrorsIn(work, [RESTORE_LOG, OUTPUT_FILE]) || report.trim() || 'it says nothing';
  throw refusal(request.directory, `criu fails: ${said}`);
}

function start(
  { args, hasArgs, env, cwd, cwdPolicy, envPolicy, startedAt, directory, image }: EngineRestoreRequest,
  command: readonly string[],
  work: string,
): ChildProcess {
  const brought: Brought = { args, hasArgs, env, cwd, cwdPolicy, envPolicy, startedAt, directory };
  const file = join(work, 'brought.json');
  writeFileSync(file, JSON.stringify(brought), { mode: 0o600 });
  const fds = [openSync(file, 'r'), openSync(join(work, OUTPUT_FILE), 'w', 0o600)] as const;
  rmSync(file);
  try {
    return spawn(program(), ['restore', String(image.process.pid), ...command], {
      stdio: ['inherit', 'inherit', 'inherit', fds[0], 'pipe', fds[1]],
    });
  } finally {
    for (const fd of fds) closeSync(fd);
  }
}

function program(): string {
  return fileURLToPath(new URL('../../../prebuilds/linux-x64/crac-criu', import.meta.url));
}

function handSignalsOn(child: ChildProcess): () => void {
  const handOn = (signal: NodeJS.Signals): void => void child.kill(signal);
  for (const signal of HANDED_ON) process.on(signal, handOn);
  return () => {
    for (const signal of HANDED_ON) process.off(signal, handOn);
  };
}
