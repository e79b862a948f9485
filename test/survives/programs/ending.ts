/** Ends as its argument says: `exit N`, `throw`, `reject`, `abort`, `wait` or `SIGNAL`. */
import { checkpoint } from '../../support/program.js';

const ticking = setInterval(() => undefined, 1000);
await checkpoint();
const [how = 'exit', code = '0'] = process.argv.slice(2);
process.stdout.write('ready\n');
if (how === 'exit') process.exit(Number(code));
else if (how === 'natural') clearInterval(ticking);
else if (how === 'throw') throw new Error('thrown on purpose');
else if (how === 'abort') process.abort();
else if (how.startsWith('SIG')) process.kill(process.pid, how);
