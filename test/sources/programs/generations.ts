/**
 * Listens to new generations of its machine and prints what it hears. Arguments: the options as JSON, and what it does: `prepare`, `twice` in a row, `wait`, `jump` or `restore`,
 * with which it writes an image and prints what it hears when that is restored.
 */
import { getGlobalContext } from 'node-crac';
import { checkpointRestore, prepare } from 'node-crac/management';
import { watchVmGeneration } from 'node-crac/sources';

const [options = '{}', act] = process.argv.slice(2);
let left = act === 'twice' ? 2 : 1;
const source = watchVmGeneration({
  ...JSON.parse(options),
  interval: 10,
  async onEvent({ kind, error }) {
    console.log(`${kind} ${error?.message ?? ''}`);
    left -= 1;
    if (left > 0) {
      await prepare();
      return console.log('ready again');
    }
    source.close();
    clearInterval(alive);
  },
});
const alive = setInterval(() => {}, 1000);
getGlobalContext().register({
  beforeCheckpoint() {},
  afterRestore: (_context, { restored }) => console.log(`told ${restored}`),
});
if (act === 'prepare' || act === 'twice') await prepare();
if (act === 'restore') await checkpointRestore();
console.log(`ready ${source.ways}`);
if (act === 'jump') {
  const { now } = Date;
  Date.now = () => now() + 3_600_000;
}
