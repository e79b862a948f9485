import { fstatSync } from 'node:fs';
import { isatty } from 'node:tty';

/** What Node tells apart when it makes a standard stream; `/dev/null` and other devices count as files. */
export type StreamKind = 'terminal' | 'connection' | 'file';

/** Looks what is behind a standard descriptor now. */
export function kindOf(fd: number): StreamKind {
  const stat = fstatSync(fd);
  if (stat.isFIFO() || stat.isSocket()) return 'connection';
  return stat.isCharacterDevice() && isatty(fd) ? 'terminal' : 'file';
}
