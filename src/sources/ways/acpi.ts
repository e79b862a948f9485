import { existsSync, readFileSync } from 'node:fs';
import { type Listener, losing, type Readable } from '../descriptor.js';

/**
 * QEMU's VMGENID device, and how often the only event of the firmware that stands for it has occurred (`_E05` in QEMU's `hw/i386/acpi-build.c`). Which
 * one that is on other hypervisors, only root could read.
 */
const DEVICE = '/sys/bus/acpi/devices/QEMUVGID:00';
const COUNTER = '/sys/firmware/acpi/interrupts/gpe05';

/**
 * Looks from time to time at the counter of an event of the firmware, which everybody may read. The kernel counts first and then seeds its own
 * generator, so a change is told at the next look. `undefined` where it is not known which event that is.
 */
export function watchAcpi(
  counter: string | undefined,
  interval: number,
  listener: Listener,
): Readable | undefined {
  const path = counter ?? (existsSync(DEVICE) ? COUNTER : undefined);
  if (path === undefined) return undefined;
  let known = count(path);
  let isNew = false;
  const close = (): void => clearInterval(timer);
  const look = (): void => {
    if (isNew) listener.hear();
    const now = count(path);
    isNew = now !== known;
    known = now;
  };
  const timer = setInterval(losing(look, close, listener), interval).unref();
  return { fd: -1, close };
}

/** The file begins with the number, behind spaces. */
function count(path: string): number {
  return Number.parseInt(readFileSync(path, 'latin1'), 10);
}
