/** Runs until it has been restored, and says with which arguments. */
import { getGlobalContext } from 'node-crac';

const alive = setInterval(() => {}, 1000);
getGlobalContext().register({
  beforeCheckpoint() {},
  afterRestore(_context, { restored, args }) {
    if (!restored) return;
    process.stdout.write(`restored ${args}\n`);
    process.exitCode = 5;
    clearInterval(alive);
  },
});
process.stdout.write('ready\n');
