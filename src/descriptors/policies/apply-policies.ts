import type { OpenDescriptor } from '../open-descriptor.js';
import type { DescriptorTreatment } from '../treatment.js';
import { matchPolicy } from './match-policy.js';
import type { PolicyAction, ResourcePolicy } from './policy.js';

/** What the policies say of descriptors that do not travel by themselves. */
export interface PolicyOutcome {
  /** Those that still stand in the way of an image. */
  readonly refused: readonly OpenDescriptor[];
  readonly treatment: DescriptorTreatment;
  /** Descriptors that the application left open, and what becomes of each. */
  readonly left: readonly { readonly descriptor: OpenDescriptor; readonly action: PolicyAction }[];
}

const FILES = new Set(['file', 'directory', 'fifo', 'device', 'other']);

/** Finds the policy of each descriptor; without one it is refused. */
export function applyPolicies(
  descriptors: readonly OpenDescriptor[],
  policies: readonly ResourcePolicy[],
): PolicyOutcome {
  const decided = descriptors.map((descriptor) => ({
    descriptor,
    policy: matchPolicy(descriptor, policies),
  }));
  const numbers = (treatment: Treatment): readonly number[] =>
    decided.flatMap(({ descriptor, policy }) =>
      treatmentOf(descriptor, policy).includes(treatment) ? [descriptor.fd] : [],
    );
  return {
    refused: decided
      .filter(({ descriptor, policy }) => treatmentOf(descriptor, policy).length === 0)
      .map(({ descriptor }) => descriptor),
    treatment: {
      placeholders: numbers('placeholders'),
      closed: numbers('closed'),
      reopened: numbers('reopened'),
      unchecked: numbers('unchecked'),
    },
    left: decided.flatMap(({ descriptor, policy }) =>
      policy === undefined || policy.action === 'error' || policy.warn === false
        ? []
        : [{ descriptor, action: policy.action }],
    ),
  };
}

type Treatment = keyof DescriptorTreatment;

/** No treatment: it is refused. Only what has a path can be opened again. */
function treatmentOf(
  { kind, target }: OpenDescriptor,
  policy: ResourcePolicy | undefined,
): readonly Treatment[] {
  const isFile = FILES.has(kind) && target.startsWith('/');
  switch (policy?.action) {
    case 'close':
      return isFile ? ['closed'] : ['placeholders'];
    case 'ignore':
      return isFile ? ['reopened', 'unchecked'] : ['placeholders'];
    case 'reopen':
      return mayHaveChanged(policy) ? ['reopened', 'unchecked'] : ['reopened'];
    default:
      return [];
  }
}

function mayHaveChanged(policy: ResourcePolicy): boolean {
  return policy.type === 'file' && policy.changed === 'allow';
}
