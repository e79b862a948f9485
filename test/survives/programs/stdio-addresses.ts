/** Prints the address and port of the other end of each standard stream, before and after. */
import { checkpoint } from '../../support/program.js';

const ends = [process.stdin, process.stdout, process.stderr] as unknown as {
  readonly remoteAddress?: string;
  readonly remotePort?: number;
}[];

tell();
await checkpoint();
tell();
process.exit();

function tell(): void {
  const known = ends.map(({ remoteAddress, remotePort }) => `${remoteAddress}:${remotePort}`);
  process.stdout.write(`${known.join(' ')}\n`);
}
