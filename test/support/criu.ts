import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { repository } from './paths.js';

/** CRIU, as `tools/install-criu.sh` has installed it. */
export const CRIU: string = `${repository}build/criu/bin/criu`;

const REASON = `${repository}build/criu.reason`;

/**
 * Words before a command that give it a PID namespace of its own: CRIU gives a process the number that it had, which may be taken by then on
 * a busy machine. What the command starts has numbers above the given one.
 */
export function ownNumbers(last: number): readonly string[] {
  return [
    ...['unshare', '--pid', '--fork', '--mount-proc', '--kill-child', 'setsid', '--wait', 'sh', '-c'],
    `echo ${last} >/proc/sys/kernel/ns_last_pid; "$@"; exit $?`,
    'sh',
  ];
}

/** For a process that is written. */
export const EARLY_NUMBERS: readonly string[] = ownNumbers(1000);

/** For what restores it. */
export const LATE_NUMBERS: readonly string[] = ownNumbers(2000);

let reason: string | false | undefined;

/** The reason to skip a test that needs CRIU, or false when it works here. */
export function needsCriu(): string | false {
  reason ??= findReason();
  return reason;
}

function findReason(): string | false {
  if (existsSync(REASON)) return readFileSync(REASON, 'utf8');
  if (!existsSync(CRIU)) return 'needs CRIU, which npm test installs';
  const [program = '', ...args] = EARLY_NUMBERS;
  const { status, stdout, stderr } = spawnSync(program, [...args, CRIU, 'check'], { encoding: 'utf8' });
  const said = `${stdout}${stderr}`.trim().split('\n').at(-1);
  return status === 0 ? false : `needs a machine on which CRIU works: ${said}`;
}
