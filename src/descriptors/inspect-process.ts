import type { ChildProcessDetails } from '../error-details.js';
import { cracError } from '../errors.js';
import type { OpenDescriptor } from './open-descriptor.js';
import type { Origin } from './origin.js';
import { applyPolicies } from './policies/apply-policies.js';
import type { PolicyAction, ResourcePolicy } from './policies/policy.js';
import { refuseDescriptor } from './refuse-descriptor.js';
import type { DescriptorTreatment } from './treatment.js';

/** What the process holds outside of its own memory. */
export interface ProcessHoldings {
  readonly descriptors: readonly OpenDescriptor[];
  readonly children: readonly ChildProcessDetails[];
  /** By descriptor: what is known of the use of a connection, and what to do about it. */
  readonly advice?: ReadonlyMap<number, string>;
  /** Finds out, by descriptor, to whom those belong that stand in the way. Takes its time, so it is asked only if there are some. */
  readonly origins?: (refused: readonly OpenDescriptor[]) => ReadonlyMap<number, Origin>;
}

/** What is decided about descriptors by others. */
export interface InspectionRules {
  /** Descriptors that stay open up to the image and do not travel. */
  readonly placeholders: readonly number[];
  readonly policies: readonly ResourcePolicy[];
  /** Whether it is enough to know that something stands in the way: nobody finds out to whom it belongs. @default false */
  readonly briefly?: boolean;
}

/** What was found in a process. */
export interface Inspection {
  /** One error for everything that cannot travel in an image, by descriptor number and then by process number. */
  readonly errors: readonly Error[];
  readonly treatment: DescriptorTreatment;
  /** Sentences about what a policy does away with although the application left it open. */
  readonly warnings: readonly string[];
}

/** Decides about everything that a process holds. */
export function inspectProcess(
  { descriptors, children, advice, origins = () => new Map() }: ProcessHoldings,
  { placeholders, policies, briefly = false }: InspectionRules,
): Inspection {
  const strangers = descriptors
    .filter(({ fd, travels }) => !travels && !placeholders.includes(fd))
    .sort((left, right) => left.fd - right.fd);
  const { refused, treatment, left } = applyPolicies(strangers, policies);
  const processes = [...children].sort((one, other) => one.pid - other.pid);
  const found: ReadonlyMap<number, Origin> = refused.length === 0 || briefly ? new Map() : origins(refused);
  return {
    errors: [
      ...refused.map((descriptor) =>
        refuseDescriptor(descriptor, advice?.get(descriptor.fd), found.get(descriptor.fd)),
      ),
      ...processes.map((child) => cracError('ERR_CRAC_CHILD_PROCESS', child)),
    ],
    treatment: { ...treatment, placeholders: [...placeholders, ...treatment.placeholders] },
    warnings: left.map(({ descriptor, action }) => warnOf(descriptor, action)),
  };
}

function warnOf({ fd, kind, target }: OpenDescriptor, action: PolicyAction): string {
  return `Descriptor ${fd} (${kind} ${target}) was left open at the checkpoint; its policy says "${action}".`;
}
