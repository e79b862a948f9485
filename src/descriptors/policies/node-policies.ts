import type { ResourcePolicy } from './policy.js';

/**
 * What becomes of files that Node itself keeps open unless a policy says otherwise: the history of a REPL, which is written as a whole each
 * time. Its place may be chosen by `NODE_REPL_HISTORY`.
 */
export function nodePolicies(history: string | undefined): readonly ResourcePolicy[] {
  const paths = ['/**/.node_repl_history', ...(history ? [escapePattern(history)] : [])];
  return paths.map((path) => ({ type: 'file', path, action: 'reopen', changed: 'allow', warn: false }));
}

/** Characters that mean something in a pattern fit as any one. */
function escapePattern(path: string): string {
  return path.replaceAll(/[*?[\]{}]/g, '?');
}
