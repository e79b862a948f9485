import { closeSync, readSync } from 'node:fs';
import { type Listener, openDevice, type Readable, watchDescriptor } from '../descriptor.js';

/** The beginning of what the device shows, in bytes; its layout is that of `linux/vmclock-abi.h`. */
const SIZE = 112;
const MAGIC = 0x4b4c4356;
const FLAGS_AT = 24;
const GENERATION_AT = 104;

/** Set where the hypervisor counts generations. */
const HAS_GENERATION = 1n << 8n;

/** Looks at the device, whenever the kernel says that it has changed or from time to time; `undefined` where it counts no generations. */
export function watchVmclock(path: string, interval: number, listener: Listener): Readable | undefined {
  const fd = openDevice(path);
  const page = readPage(fd);
  if (!countsGenerations(page)) return void closeSync(fd);
  let known = page.readBigUInt64LE(GENERATION_AT);
  const look = (): void => {
    const generation = readPage(fd).readBigUInt64LE(GENERATION_AT);
    const isNew = generation !== known;
    known = generation;
    if (isNew) listener.hear();
  };
  return watchDescriptor(fd, interval, look, listener);
}

/** The kernel reads the device as a whole, between two changes. */
function readPage(fd: number): Buffer {
  const page = Buffer.alloc(SIZE);
  readSync(fd, page, 0, SIZE, 0);
  return page;
}

function countsGenerations(page: Buffer): boolean {
  return page.readUInt32LE(0) === MAGIC && (page.readBigUInt64LE(FLAGS_AT) & HAS_GENERATION) !== 0n;
}
