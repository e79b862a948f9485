import type { ChildProcessDetails } from '../error-details.js';
import { cracError } from '../errors.js';
import type { OpenDescriptor } from './open-descriptor.js';
import { refuseDescriptor } from './refuse-descriptor.js';

/** What the process holds outside of its own memory. */
export interface ProcessHoldings {
  readonly descriptors: readonly OpenDescriptor[];
  readonly children: readonly ChildProcessDetails[];
  /** By descriptor: what is known of the use of a connection, and what to do about it. */
  readonly advice?: ReadonlyMap<number, string>;
}

/** Makes one error for everything that cannot travel in an image, by descriptor number and then by process number. */
export function inspectProcess(
  holdings: ProcessHoldings,
  placeholders: readonly number[] = [],
): readonly Error[] {
  const descriptors = holdings.descriptors.filter(
    ({ fd, travels }) => !travels && !placeholders.includes(fd),
  );
  const children = [...holdings.children].sort((left, right) => left.pid - right.pid);
  return [
    ...descriptors
      .sort((left, right) => left.fd - right.fd)
      .map((descriptor) => refuseDescriptor(descriptor, holdings.advice?.get(descriptor.fd))),
    ...children.map((child) => cracError('ERR_CRAC_CHILD_PROCESS', child)),
  ];
}
