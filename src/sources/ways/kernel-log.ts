import { type Listener, openDevice, type Readable, readPieces, watchDescriptor } from '../descriptor.js';

/** What the kernel says when the VMGENID device has told it of a new generation, and its generator is seeded. */
const SENTENCE = 'crng reseeded due to virtual machine fork';

/** Hears what the kernel writes to its log from now on. Throws where this user may not read it. */
export function watchKernelLog(path: string, interval: number, listener: Listener): Readable {
  const fd = openDevice(path);
  const look = (): boolean => [...readPieces(fd)].some(tellsNewGeneration);
  look();
  const tell = (): void => {
    if (look()) listener.hear();
  };
  return watchDescriptor(fd, interval, tell, listener);
}

/** A record begins with its facility and level in one number. Facility 0 is the kernel; a program can write to the log, but not as the kernel. */
export function tellsNewGeneration(record: Buffer): boolean {
  const [, priority, text] = /^(\d+),[^;]*;(.*)/.exec(record.toString('utf8')) ?? [];
  return priority !== undefined && Number(priority) < 8 && (text ?? '').includes(SENTENCE);
}
