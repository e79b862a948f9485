import { readFileSync } from 'node:fs';
import { cracError } from '../../errors.js';
import { parsePolicies } from './parse-policies.js';
import type { ResourcePolicy } from './policy.js';

/**
 * The policies of the file that the environment names; none when it names none.
 *
 * @throws {CracException} `ERR_CRAC_POLICY_INVALID`, also when the file cannot be read
 */
export function readPolicies(path: string | undefined): readonly ResourcePolicy[] {
  return path === undefined || path === '' ? [] : parsePolicies(readFile(path), path);
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = `it cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`;
    throw cracError('ERR_CRAC_POLICY_INVALID', { path, reason }, error);
  }
}
