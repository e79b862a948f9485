/** Signal handlers are installed after the restore; prints `ready` and each signal, ends on SIGTERM with status 7. */
import { checkpoint } from '../../support/program.js';

let count = 0;
for (const signal of ['SIGUSR2', 'SIGHUP', 'SIGWINCH'] as const) {
  process.on(signal, () => {
    count++;
    process.stdout.write(`${signal}\n`);
  });
}
process.on('SIGTERM', () => process.exit(7));
const ticking = setInterval(() => undefined, 1000);

await checkpoint();

process.once('SIGINT', () => {
  process.stdout.write(`SIGINT after ${count}\n`);
  clearInterval(ticking);
});
process.stdout.write('ready\n');
