import { spawnSync } from 'node:child_process';
import { cracError } from '../errors.js';
import type { RepairReport } from '../runtime/self-test.js';
import { launcherPath } from './installation.js';
import { startClean } from './start-clean.js';

/** What two processes that were restored from the same image have in common, by resource of Node.js in the order of a restore. */
export interface Comparison {
  readonly name: string;
  /** Whether the resource was switched off when the program was started. */
  readonly off: boolean;
  /** What it cannot do in this Node.js. */
  readonly problem?: string;
  /** Names of the values that were looked at. */
  readonly compared: readonly string[];
  /** Names of those that both copies made alike. */
  readonly shared: readonly string[];
}

/** Words before a program that keep its sockets away from the machine's: a network of its own, in which every address can be bound. */
const SANDBOX = [
  'sh',
  '-c',
  'for version in 4 6; do echo 1 >/proc/sys/net/ipv$version/ip_nonlocal_bind; done 2>/dev/null; exec "$0" "$@"',
];
const NAMESPACES = [
  ['unshare', '--net', '--'],
  ['unshare', '--net', '--map-root-user', '--'],
];

/**
 * Restores an image twice, each time only up to the point at which the application would hear of it, and compares the two.
 *
 * @throws {CracException} `ERR_CRAC_SELF_TEST_FAILED`
 */
export function compareCopies(directory: string): readonly Comparison[] {
  const sandbox = findSandbox();
  const first = restoreForReport(sandbox, directory);
  const second = restoreForReport(sandbox, directory);
  return first.map((report) => compare(report, second)).reverse();
}

function compare({ name, off, problem, sample }: RepairReport, others: readonly RepairReport[]): Comparison {
  const other = others.find((report) => report.name === name)?.sample ?? {};
  const compared = Object.keys(sample);
  const shared = compared.filter((key) => sample[key] === other[key]);
  return { name, off, ...(problem !== undefined && { problem }), compared, shared };
}

/** The first kind of sandbox that this machine allows; none where it allows no namespaces. */
function findSandbox(): readonly string[] {
  const namespace = NAMESPACES.find(
    ([program = '', ...args]) => spawnSync(program, [...args, 'true']).status === 0,
  );
  return namespace === undefined ? [] : [...namespace, ...SANDBOX];
}

function restoreForReport(sandbox: readonly string[], directory: string): readonly RepairReport[] {
  const [program = '', ...args] = [...sandbox, launcherPath(), directory];
  const { stdout, stderr, status, signal } = startClean(program, args, {
    env: { ...process.env, CRAC_SELF_TEST: '1' },
  });
  if (signal === 'SIGKILL' && stdout.endsWith(']\n')) return JSON.parse(stdout) as readonly RepairReport[];
  const end = signal === null ? `status ${status}` : `signal ${signal}`;
  throw cracError('ERR_CRAC_SELF_TEST_FAILED', {
    directory,
    reason: stderr.trim() || `the restored process ended with ${end} and did not report.`,
    ...(status !== null && { status }),
  });
}
