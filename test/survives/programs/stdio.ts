/** Copies its standard input to standard output after the restore, and says a word on standard error. */
import { checkpoint } from '../../support/program.js';

process.stdout.write('before\n');
process.stderr.write('');
await checkpoint();
let text = '';
for await (const chunk of process.stdin) text += String(chunk);
process.stdout.write(`stdout ${text}\n`);
console.error('stderr');
