import { readFileSync } from 'node:fs';

/** Numbers of the capabilities that count here, as capabilities(7) has them. */
const NUMBERS = { CAP_SYS_PTRACE: 19, CAP_SYS_ADMIN: 21, CAP_CHECKPOINT_RESTORE: 40 } as const;
type Capability = keyof typeof NUMBERS;

/** The capabilities that CRIU needs and a process with this `/proc/PID/status` has not. */
export function missingCapabilities(status: string = ownStatus()): readonly string[] {
  const held = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  const has = (name: Capability): boolean => (held & (1n << BigInt(NUMBERS[name]))) !== 0n;
  return [
    ...(has('CAP_CHECKPOINT_RESTORE') || has('CAP_SYS_ADMIN') ? [] : ['CAP_CHECKPOINT_RESTORE']),
    ...(has('CAP_SYS_PTRACE') ? [] : ['CAP_SYS_PTRACE']),
  ];
}

/** Whether CRIU has to be told that it lacks the privileges of root. */
export function isUnprivileged(status: string = ownStatus()): boolean {
  const held = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  return (held & (1n << BigInt(NUMBERS.CAP_SYS_ADMIN))) === 0n;
}

function ownStatus(): string {
  return readFileSync('/proc/self/status', 'latin1');
}
