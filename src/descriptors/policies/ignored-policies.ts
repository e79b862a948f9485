import type { ResourcePolicy } from './policy.js';

/**
 * What becomes of descriptors that were inherited and kept because `CRAC_IGNORED_FILE_DESCRIPTORS` lists them: numbers and patterns of paths, with
 * commas between. What the list names is no surprise, so nothing is said about it.
 */
export function ignoredPolicies(list: string | undefined): readonly ResourcePolicy[] {
  const entries = (list ?? '').split(',').filter(Boolean);
  return entries.map((entry) =>
    /^\d+$/.test(entry)
      ? { type: 'filedescriptor', value: Number(entry), action: 'ignore', warn: false }
      : { type: 'file', path: entry, action: 'ignore', warn: false },
  );
}
