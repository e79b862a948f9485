import { readFileSync } from 'node:fs';

/** Numbers of the capabilities that count here, as capabilities(7) has them. */
const NUMBERS = { CAP_SYS_PTRACE: 19, CAP_SYS_ADMIN: 21, CAP_CHECKPOINT_RESTORE: 40 } as const;
type Capability = keyof typeof NUMBERS;

/**
 * The capabilities that CRIU needs and a process with this `/proc/PID/status` has not. To look into a process under a seccomp filter takes
 * one more.
 */
export function missingCapabilities(status: string = ownStatus()): readonly string[] {
  const isFiltered = /^Seccomp:\s*2$/m.test(status);
  const missing: Capability[] = [];
  if (!has(status, 'CAP_CHECKPOINT_RESTORE') && !has(status, 'CAP_SYS_ADMIN'))
    missing.push('CAP_CHECKPOINT_RESTORE');
  if (!has(status, 'CAP_SYS_PTRACE')) missing.push('CAP_SYS_PTRACE');
  if (isFiltered && !has(status, 'CAP_SYS_ADMIN')) missing.push('CAP_SYS_ADMIN');
  return missing;
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
