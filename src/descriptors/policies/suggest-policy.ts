import type { OpenDescriptor } from '../open-descriptor.js';

const FILES = new Set(['file', 'directory', 'fifo', 'device']);

/** A rule for one descriptor as a file of policies has it, so that a checkpoint is possible; `undefined` where no policy helps. */
export function suggestPolicy(descriptor: OpenDescriptor): string | undefined {
  const entries = suggest(descriptor);
  return (
    entries &&
    Object.entries(entries)
      .map(([key, value]) => `${key}: ${value}`)
      .join('\n')
  );
}

function suggest(descriptor: OpenDescriptor): Readonly<Record<string, string>> | undefined {
  const { kind, target } = descriptor;
  if (FILES.has(kind)) return suggestFile(target);
  if (kind === 'pipe') return { type: 'pipe', action: 'close' };
  if (kind === 'socket') return { type: 'socket', ...ends(descriptor), action: 'close' };
  return undefined;
}

/** A file that was deleted can't be opened again. Of a database in WAL mode these files are not what stands in the way. */
function suggestFile(target: string): Readonly<Record<string, string>> | undefined {
  if (/-(?:wal|shm)$/.test(target)) return undefined;
  const path = target.replace(/ \(deleted\)$/, '');
  return { type: 'file', path: toPattern(path), action: path === target ? 'reopen' : 'close' };
}

/** The other side's end is the same in the next process; one's own is where there is no other. */
function ends({
  protocol = '',
  localAddress = '',
  remoteAddress = '',
}: OpenDescriptor): Readonly<Record<string, string>> {
  if (protocol.startsWith('unix')) {
    if (remoteAddress.startsWith('/')) return { family: 'unix', remotePath: toPattern(remoteAddress) };
    if (localAddress.startsWith('/')) return { family: 'unix', localPath: toPattern(localAddress) };
    return { family: 'unix' };
  }
  const remotePort = portOf(remoteAddress);
  if (remotePort !== undefined) return { family: 'ip', remotePort };
  const localPort = portOf(localAddress);
  return localPort === undefined ? {} : { family: 'ip', localPort };
}

function portOf(address: string): string | undefined {
  const [, port] = /:(\d+)$/.exec(address) ?? [];
  return port === '0' ? undefined : port;
}

/** A path that fits itself: what has a meaning in patterns stands for itself in brackets; `#` would begin a comment. */
function toPattern(path: string): string {
  return path.replace(/[*?[{]/g, '[$&]').replaceAll('#', '?');
}
