import { accessSync, constants } from 'node:fs';
import { release } from 'node:os';
import { ensureRuntimeDirectory, runtimeDirectory } from '../control/runtime-directory.js';
import { describeError } from '../errors.js';
import { checkpointAvailability } from '../management.js';
import { launcherPath } from './installation.js';
import { runTrial } from './run-trial.js';

/** One thing that was looked at. */
export interface Finding {
  readonly name: string;
  readonly ok: boolean;
  /** What was found. */
  readonly detail: string;
  /** What to do about it, when it is not as it should be. */
  readonly advice?: string;
}

/** Looks at what all engines need. */
export function examineBasis(): readonly Finding[] {
  return [platform(), libc(), nodeVersion()];
}

/** Looks at everything that a checkpoint and a restore need on this machine. */
export async function examineHost(): Promise<readonly Finding[]> {
  const findings = [...examineBasis(), launcher(), engine(), await controlDirectory()];
  const trial = findings.every(({ ok }) => ok) ? [runTrial()] : [];
  return [...findings, ...trial];
}

function platform(): Finding {
  const ok = process.platform === 'linux' && process.arch === 'x64';
  const detail = `${process.platform}-${process.arch}, kernel ${release()}`;
  return ok
    ? { name: 'platform', ok, detail }
    : { name: 'platform', ok, detail, advice: 'Use Linux on x86-64.' };
}

function libc(): Finding {
  const version = glibcVersion();
  const [major = 0, minor = 0] = (version ?? '0.0').split('.').map(Number);
  const ok = major > 2 || (major === 2 && minor >= 31);
  const detail = version === undefined ? 'not glibc' : `glibc ${version}`;
  return ok
    ? { name: 'C library', ok, detail }
    : { name: 'C library', ok, detail, advice: 'Use a Node.js built for glibc 2.31 or later.' };
}

function glibcVersion(): string | undefined {
  const { header } = process.report.getReport() as {
    readonly header: { readonly glibcVersionRuntime?: string };
  };
  return header.glibcVersionRuntime;
}

function nodeVersion(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const ok = major > 20 || (major === 20 && minor >= 19);
  const detail = `${process.version} ${process.execPath}`;
  return ok
    ? { name: 'Node.js', ok, detail }
    : { name: 'Node.js', ok, detail, advice: 'Use Node.js 20.19 or later.' };
}

function launcher(): Finding {
  const path = launcherPath();
  try {
    accessSync(path, constants.X_OK);
    return { name: 'launcher', ok: true, detail: path };
  } catch {
    const advice = 'Run npm run build in a checkout, or install node-crac again.';
    return { name: 'launcher', ok: false, detail: `${path} is missing or not executable`, advice };
  }
}

function engine(): Finding {
  const { status, reason } = checkpointAvailability();
  if (status === 'ready') return { name: 'engine', ok: true, detail: 'native' };
  return {
    name: 'engine',
    ok: false,
    detail: `native, ${status}`,
    ...(reason === undefined ? {} : { advice: reason }),
  };
}

async function controlDirectory(): Promise<Finding> {
  const directory = runtimeDirectory();
  try {
    await ensureRuntimeDirectory(directory);
    return { name: 'control sockets', ok: true, detail: directory };
  } catch (error) {
    return { name: 'control sockets', ok: false, detail: directory, advice: describeError(error).message };
  }
}
