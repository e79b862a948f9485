import { readFileSync } from 'node:fs';

/** Numbers of the capabilities that count here, as capabilities(7) has them. */
const NUMBERS = {
  ...{ CAP_SETPCAP: 8, CAP_SYS_PTRACE: 19, CAP_SYS_ADMIN: 21, CAP_CHECKPOINT_RESTORE: 40 },
} as const;
type Capability = keyof typeof NUMBERS;

/** What a process may not do, as far as a restored one is given it again. */
export interface Limits {
  /** Capabilities that it can ever have, as the hexadecimal number of `/proc/PID/status`. */
  readonly boundingSet: string;
  /** Whether it is under a seccomp filter. */
  readonly isFiltered: boolean;
}

/**
 * The capabilities that CRIU needs and a process with this `/proc/PID/status` has not. To look into a process under a seccomp filter takes
 * one more.
 */
export function missingCapabilities(status: string = ownStatus()): readonly string[] {
  const { isFiltered } = readLimits(status);
  const missing: Capability[] = [];
  if (!has(status, 'CAP_CHECKPOINT_RESTORE') && !has(status, 'CAP_SYS_ADMIN'))
    missing.push('CAP_CHECKPOINT_RESTORE');
  if (!has(status, 'CAP_SYS_PTRACE')) missing.push('CAP_SYS_PTRACE');
  if (isFiltered && !has(status, 'CAP_SYS_ADMIN')) missing.push('CAP_SYS_ADMIN');
  return missing;
}

/** What limits a process with this `/proc/PID/status`. */
export function readLimits(status: string = ownStatus()): Limits {
  const boundingSet = /^CapBnd:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '';
  return { boundingSet, isFiltered: /^Seccomp:\s*2$/m.test(status) };
}

/** The capabilities without which CRIU cannot limit a restored process as it was, and may wait for ever, and which one with this status has not. */
export function missingForLimits(
  { boundingSet, isFiltered }: Limits,
  status: string = ownStatus(),
): readonly string[] {
  const all = (2n << BigInt(readFileSync('/proc/sys/kernel/cap_last_cap', 'latin1'))) - 1n;
  const isBounded = (BigInt(`0x${boundingSet}`) & all) !== all;
  const needed: Capability[] = [];
  if (isBounded) needed.push('CAP_SETPCAP');
  if (isFiltered) needed.push('CAP_SYS_ADMIN');
  return needed.filter((capability) => !has(status, capability));
}

/** Whether CRIU has to be told that it lacks the privileges of root. */
export function isUnprivileged(status: string = ownStatus()): boolean {
  return process.geteuid?.() !== 0 || !has(status, 'CAP_SYS_ADMIN');
}

function has(status: string, capability: Capability): boolean {
  const held = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  return (held & (1n << BigInt(NUMBERS[capability]))) !== 0n;
}

function ownStatus(): string {
  return readFileSync('/proc/self/status', 'latin1');
}
