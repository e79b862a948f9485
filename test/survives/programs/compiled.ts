/** A server that writes what is logged to its standard output, and says `!` when it is back: what V8 compiles until then it compiles in each restored process. */
import { writeSync } from 'node:fs';
import { createServer } from 'node:http';
import { getGlobalContext } from 'node-crac';

getGlobalContext().register({ beforeCheckpoint() {}, afterRestore: sayBack });
createServer().listen(0, '127.0.0.1', () => process.stdout.write('ready\n'));

function sayBack(): void {
  writeSync(1, '!');
}
