/**
 * The generation of the virtual machine: a hypervisor gives a machine that it continues from a snapshot another one. No way to hear of that is there on
 * every kernel, so all are used that can be had:
 *
 *   uevent      Linux 6.8 and some later versions tell it as an event of the VMGENID device, in the initial network namespace
 *   kernel-log  every kernel since 5.18 that knows VMGENID says in its log that it has seeded its generator anew
 *   vmclock     /dev/vmclock0 (Linux 6.13) shows a counter of generations, where the hypervisor has one
 *   acpi        under QEMU everybody may read how often the firmware has told the kernel of the VMGENID device
 *   clock       the wall clock jumps against the clock of the machine; also when it is set, so only where it is asked for
 *
 * The kernel tells the first two when it has seeded its own generator with the new generation.
 */
import { checkOptions, refuseArgument } from '../core/arguments.js';
import type { Listener, Readable } from './descriptor.js';
import { createDriver, listen, type SnapshotSource, type SourceOptions } from './source.js';
import { watchAcpi } from './ways/acpi.js';
import { watchClock } from './ways/clock.js';
import { watchKernelLog } from './ways/kernel-log.js';
import { watchUevents } from './ways/uevents.js';
import { watchVmclock } from './ways/vmclock.js';

/** How a process can hear of another generation of its machine. */
export const VM_GENERATION_WAYS = ['uevent', 'kernel-log', 'vmclock', 'acpi', 'clock'] as const;
export type VmGenerationWay = (typeof VM_GENERATION_WAYS)[number];

/** What is listened to for a new generation of the machine. */
export interface VmGenerationOptions extends SourceOptions {
  /** Ways that are tried; those that this machine does not have are left out. @default all of them */
  readonly ways?: readonly VmGenerationWay[];
  /** The device of `vmclock`. @default '/dev/vmclock0' */
  readonly vmclock?: string;
  /** The log of `kernel-log`. @default '/dev/kmsg' */
  readonly kernelLog?: string;
  /** The counter of `acpi`. @default '/sys/firmware/acpi/interrupts/gpe05' where QEMU's device is there */
  readonly acpiCounter?: string;
  /** Milliseconds by which the wall clock has to jump for `clock`. @default none: a jump says nothing */
  readonly clockJump?: number;
  /** Milliseconds between two looks, where the kernel does not tell by itself. @default 500 */
  readonly interval?: number;
}

/** A source that hears of new generations of the machine. */
export interface VmGenerationSource extends SnapshotSource {
  /** The ways that this machine has. Empty when it would never hear of anything. */
  readonly ways: readonly VmGenerationWay[];
}

/** A generation, and the ways that have told of it. */
interface Told {
  readonly at: number;
  readonly ways: Set<VmGenerationWay>;
}

/** Milliseconds within which several ways tell of one and the same generation. One that tells again tells of the next. */
const TOGETHER = 10_000;

/**
 * Resumes the process when its machine goes on from a snapshot: as a restored one if it was prepared; else its random numbers are renewed.
 * Who prepares it is another matter: `crac prepare`, a file, the program itself.
 *
 * @example
 * ```js
 * import { watchVmGeneration } from 'node-crac/sources';
 *
 * const source = watchVmGeneration();
 * console.log(`This machine tells of snapshots by ${source.ways.join(', ') || 'nothing'}.`);
 * source.close();
 * ```
 */
export function watchVmGeneration(options: VmGenerationOptions = {}): VmGenerationSource {
  checkOptions(options);
  const { ways = VM_GENERATION_WAYS } = options;
  if (!Array.isArray(ways) || !ways.every((way) => VM_GENERATION_WAYS.includes(way)))
    refuseArgument('ways', `an array of ${VM_GENERATION_WAYS.join(', ')}`, ways);
  const driver = createDriver('vm-generation', options);
  let told: Told = { at: Number.NEGATIVE_INFINITY, ways: new Set() };
  let open: { readonly way: VmGenerationWay; readonly ear: Readable }[] = [];

  const hear = (way: VmGenerationWay): void => {
    const at = performance.now();
    const isKnown = !told.ways.has(way) && at - told.at < TOGETHER;
    if (isKnown) return void told.ways.add(way);
    told = { at, ways: new Set([way]) };
    void driver.resume();
  };
  const source = listen('vm-generation', {
    open() {
      open = ways.flatMap((way) => {
        const ear = openWay(way, options, { hear: () => hear(way), lose: driver.fail });
        return ear === undefined ? [] : [{ way, ear }];
      });
    },
    close() {
      for (const { ear } of open.splice(0)) ear.close();
    },
    descriptors: () => open.map(({ ear }) => ear.fd).filter((fd) => fd >= 0),
  });
  return { ...source, ways: open.map(({ way }) => way) };
}

/** `undefined` where this machine has no such way, or keeps it from this user. */
function openWay(
  way: VmGenerationWay,
  options: VmGenerationOptions,
  listener: Listener,
): Readable | undefined {
  const {
    vmclock = '/dev/vmclock0',
    kernelLog = '/dev/kmsg',
    acpiCounter,
    clockJump,
    interval = 500,
  } = options;
  try {
    if (way === 'uevent') return watchUevents(listener);
    if (way === 'kernel-log') return watchKernelLog(kernelLog, interval, listener);
    if (way === 'vmclock') return watchVmclock(vmclock, interval, listener);
    if (way === 'acpi') return watchAcpi(acpiCounter, interval, listener);
    return clockJump === undefined ? undefined : watchClock(clockJump, interval, listener);
  } catch {
    return undefined;
  }
}
