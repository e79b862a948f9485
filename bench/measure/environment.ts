import { dirname } from 'node:path';

const KEPT = ['HOME', 'LANG', 'TMPDIR', 'USER', 'XDG_RUNTIME_DIR'] as const;

/**
 * A bare environment in which `node` is the given executable. Additional certificates and options that this machine sets for every Node
 * are left out: they would slow down each cold start and flatter the comparison.
 */
export function bareEnvironment(
  node: string,
  extra: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const kept = KEPT.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(kept),
    PATH: `${dirname(node)}:${process.env['PATH'] ?? '/usr/bin:/bin'}`,
    ...extra,
  };
}
