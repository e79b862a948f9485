/** What the kernel tells of files, to see whether they have changed. Links are followed: certificates are often renewed by changing a link. */
export function identifyFiles(paths: readonly string[]): string {
  const { statSync } = process.getBuiltinModule('node:fs');
  return paths
    .map((path) => `${path}=${identify(statSync(path, { bigint: true, throwIfNoEntry: false }))}`)
    .join('\n');
}

function identify(
  stat:
    | { readonly dev: bigint; readonly ino: bigint; readonly size: bigint; readonly mtimeNs: bigint }
    | undefined,
): string {
  return stat === undefined ? 'missing' : `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}`;
}
