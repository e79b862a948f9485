/**
 * Called by `crac restore --policies FILE DIR`: prints what the launcher is to do about the files of the image in DIR where a rule of
 * FILE fits, as the value of its option `--descriptors`. Rules of the checkpoint have already decided about the others.
 */
import type { OpenDescriptor } from '../descriptors/open-descriptor.js';
import { readPolicies } from '../descriptors/policies/configured-policies.js';
import { matchPolicy } from '../descriptors/policies/match-policy.js';
import type { FilePolicy, ResourcePolicy } from '../descriptors/policies/policy.js';
import { cracError, describeError } from '../errors.js';
import type { ImageDescriptor } from '../image/image.js';
import { readImage } from '../image/read-image.js';
import { exitCodeOf } from './exit-code.js';
import { complain, printLine } from './terminal.js';

const [, , path = '', directory = ''] = process.argv;
try {
  const policies = readPolicies(path);
  const { descriptors } = await readImage(directory);
  printLine(descriptors.flatMap((descriptor) => treat(descriptor, policies)).join(','));
} catch (error) {
  complain(describeError(error).message);
  process.exitCode = exitCodeOf(error);
}

function treat({ fd, path: target }: ImageDescriptor, policies: readonly ResourcePolicy[]): string[] {
  if (target === undefined) return [];
  const file: OpenDescriptor = { fd, kind: 'file', target, travels: false };
  const policy = matchPolicy(file, policies);
  switch (policy?.action) {
    case 'error':
      throw cracError('ERR_CRAC_POLICY_REFUSES', { directory, path, fd, target });
    case 'close':
      return [`${fd}=close`];
    case 'ignore':
      return [`${fd}=ignore`];
    case 'reopen':
      return [`${fd}=${(policy as FilePolicy).changed === 'allow' ? 'ignore' : 'reopen'}`];
    default:
      return [];
  }
}
