/** A server, checkpointed from outside or by `itself`, that writes what is logged to its standard output, and says `!` when it is back: what V8 compiles until then it compiles in each restored process. */
import { writeSync } from 'node:fs';
import { createServer } from 'node:http';
import { getGlobalContext } from 'node-crac';
import { checkpointRestore } from 'node-crac/management';

getGlobalContext().register({ beforeCheckpoint() {}, afterRestore: sayBack });
createServer().listen(0, '127.0.0.1', () => {
  process.stdout.write('\nready\n');
  if (process.argv[2] === 'itself') void checkpointRestore();
});

/** V8 prints in small pieces, which fill a socket: then it has to wait for its reader. */
function sayBack(): void {
  for (;;) {
    try {
      return void writeSync(1, '!');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}
