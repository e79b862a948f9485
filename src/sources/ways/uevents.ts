import { loadBinding } from '../../binding/load.js';
import { type Listener, type Readable, readPieces, watchDescriptor } from '../descriptor.js';

/** Hears what the kernel tells of the VMGENID device. Throws where it tells this process nothing. */
export function watchUevents(listener: Listener): Readable {
  const fd = loadBinding().openUevents();
  const look = (): void => {
    for (const event of readPieces(fd)) if (tellsNewGeneration(event)) listener.hear();
  };
  return watchDescriptor(fd, 0, look, listener);
}

/** What the kernel tells, and what it tells when root has it make one: names of its variables have no underscores. */
const NEWS = ['NEW_VMGENID=1', 'SYNTH_ARG_NEWVMGENID=1'];

/** An event is a line that says what happened where, and its variables, each ended by a zero. */
export function tellsNewGeneration(event: Buffer): boolean {
  const [headline = '', ...variables] = event.toString('latin1').split('\0');
  if (!headline.startsWith('change@')) return false;
  return variables.some((variable) => NEWS.includes(variable));
}
