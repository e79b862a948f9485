/** Says which of the descriptors that the arguments number are open, and what the first of them has to say; with a channel it says that to its parent. */
import { fstatSync, readFileSync } from 'node:fs';

const numbers = process.argv.slice(2).map((word) => Number(word.replace('/dev/fd/', '')));
const open = numbers.filter(isOpen);
const text = open[0] === undefined ? '' : readFileSync(open[0], 'utf8').trim();
process.stdout.write(`${JSON.stringify({ open, text })}\n`);
process.send?.('hello', () => process.disconnect());

/** Node.js takes free numbers for itself: only files were handed on. */
function isOpen(fd: number): boolean {
  try {
    return fstatSync(fd).isFile();
  } catch {
    return false;
  }
}
