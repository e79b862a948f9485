/** What CRIU needs of this machine and of this process. Each finding is made only when the ones before it are as they should be. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import type { EngineFinding } from '../engine.js';
import { isUnprivileged, missingCapabilities } from './capabilities.js';
import { locateCriu } from './locate-criu.js';
import { lastErrors } from './read-log.js';

const OLDEST_MAJOR = 4;

/** What was found out, and where CRIU is when it can be used. */
export interface CriuExamination {
  readonly findings: readonly EngineFinding[];
  readonly path?: string;
}

/** Looks whether CRIU is there, young enough and privileged; `kernel` has it check the kernel as well, which takes longer. */
export function examineCriu(location: string | undefined, kernel: boolean): CriuExamination {
  const located = locateCriu(location);
  if ('problem' in located)
    return { findings: [{ name: 'criu', detail: 'not found', problem: located.problem }] };
  const { path } = located;
  const findings: EngineFinding[] = [{ name: 'criu', detail: path }];
  const steps = [checkVersion, checkPrivileges, ...(kernel ? [checkKernel] : [])];
  for (const step of steps) {
    const finding = step(path);
    findings.push(finding);
    if (finding.problem !== undefined) return { findings };
  }
  return { findings, path };
}

function checkVersion(path: string): EngineFinding {
  const name = 'criu version';
  const { stdout, error, stderr } = start(path, ['--version']);
  const version = /^Version: (\S+)/m.exec(stdout ?? '')?.[1];
  if (version === undefined) {
    const said = error?.message ?? (stderr.trim().split('\n').at(-1) || 'it prints no version');
    return { name, detail: 'unknown', problem: `${path} does not work: ${said}` };
  }
  if (Number.parseInt(version, 10) >= OLDEST_MAJOR) return { name, detail: version };
  const problem = `${path} is version ${version}; install version ${OLDEST_MAJOR}.0 or later, or name it with the option criu_location=PATH`;
  return { name, detail: version, problem };
}

/** CRIU may have capabilities of its own (setcap), which only it can tell; that it can look under a filter it cannot. */
function checkPrivileges(path: string): EngineFinding {
  const name = 'privileges';
  const missing = missingCapabilities();
  if (missing.length === 0) return { name, detail: 'CAP_CHECKPOINT_RESTORE, CAP_SYS_PTRACE' };
  if (!missing.includes('CAP_SYS_ADMIN') && start(path, ['check', '--unprivileged']).status === 0)
    return { name, detail: 'those of criu itself' };
  const problem = `this process lacks ${missing.join(', ')}; run it as root, give it what it lacks, or give that to criu (setcap ${missing.join(',').toLowerCase()}+eip ${path})`;
  return { name, detail: `${missing.join(', ')} missing`, problem };
}

function checkKernel(path: string): EngineFinding {
  const name = 'kernel for criu';
  const { status, stdout, stderr } = start(path, ['check', ...(isUnprivileged() ? ['--unprivileged'] : [])]);
  if (status === 0) return { name, detail: 'criu check: Looks good.' };
  const said = lastErrors(`${stdout}\n${stderr}`) || 'it says nothing';
  return { name, detail: 'criu check fails', problem: `criu check finds this kernel unfit: ${said}` };
}

function start(path: string, args: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync(path, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 30_000 });
}
