import { cracError } from '../../errors.js';
import type { ResourcePolicy } from './policy.js';
import { isPolicyProblem, type PolicyEntry, validatePolicy } from './validate-policy.js';

/**
 * Reads a file of policies as CRaC writes it: rules of `key: value` lines with `---` between them; `#` begins a comment.
 *
 * @throws {CracException} `ERR_CRAC_POLICY_INVALID` with the line
 */
export function parsePolicies(text: string, path: string): readonly ResourcePolicy[] {
  const refuse = (line: number, reason: string): never => {
    throw cracError('ERR_CRAC_POLICY_INVALID', { path, line, reason });
  };
  return splitRules(text, refuse).map((entries) => {
    const policy = validatePolicy(entries);
    return isPolicyProblem(policy) ? refuse(policy.line, policy.reason) : policy;
  });
}

/**
 * Checks policies that a program gives as objects.
 *
 * @throws {CracException} `ERR_CRAC_INVALID_ARGUMENT`
 */
export function checkPolicies(policies: readonly unknown[]): readonly ResourcePolicy[] {
  if (!Array.isArray(policies))
    throw cracError('ERR_CRAC_INVALID_ARGUMENT', {
      argument: 'policies',
      expected: 'an array of policies',
      received: typeof policies,
    });
  return policies.map((policy, index) => {
    const entries = Object.entries(Object(policy) as object)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => ({ key, text: String(value), line: index }));
    const checked = validatePolicy(entries);
    if (!isPolicyProblem(checked)) return checked;
    throw cracError('ERR_CRAC_INVALID_ARGUMENT', {
      argument: `policies[${index}]`,
      expected: 'a policy',
      received: `one of which ${checked.reason}`,
    });
  });
}

function splitRules(
  text: string,
  refuse: (line: number, reason: string) => never,
): readonly (readonly PolicyEntry[])[] {
  const rules: PolicyEntry[][] = [[]];
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.replace(/(^|\s)#.*$/, '').trim();
    if (line === '---') rules.push([]);
    else if (line !== '') rules.at(-1)?.push(splitEntry(line, index + 1, refuse));
  }
  return rules.filter((entries) => entries.length > 0);
}

function splitEntry(
  line: string,
  number: number,
  refuse: (line: number, reason: string) => never,
): PolicyEntry {
  const [, key, value] = /^([A-Za-z]+)\s*:(?:\s+(.*))?$/.exec(line) ?? [];
  if (key === undefined) return refuse(number, `"${line}" is no "key: value"`);
  return { key, text: unquote(value ?? ''), line: number };
}

function unquote(text: string): string {
  const [, quoted] = /^(?:"(.*)"|'.*')$/.exec(text) ?? [];
  if (quoted !== undefined) return quoted;
  return /^'.*'$/.test(text) ? text.slice(1, -1) : text;
}
