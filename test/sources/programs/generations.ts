/**
 * Listens to new generations of its machine and prints what it hears. Arguments: the options as JSON, and what it does: `prepare`, `wait`, `jump` or `restore`,
 * with which it writes an image and prints what it hears when that is restored.
 */
import { getGlobalContext } from 'node-crac';
import { checkpointRestore, prepare } from 'node-crac/management';
import { watchVmGeneration } from 'node-crac/sources';

const [options = '{}', act] = process.argv.slice(2);
const source = watchVmGeneration({
  ...JSON.parse(options),
  interval: 10,
  onEvent({ kind, error }) {
    console.log(`${kind} ${error?.message ?? ''}`);
    source.close();
    clearInterval(alive);
  },
});
const alive = setInterval(() => {}, 1000);
getGlobalContext().register({
  beforeCheckpoint() {},
  afterRestore: (_context, { restored }) => console.log(`told ${restored}`),
});
if (act === 'prepare') await prepare();
if (act === 'restore') await checkpointRestore();
console.log(`ready ${source.ways}`);
if (act === 'jump') {
  const { now } = Date;
  Date.now = () => now() + 3_600_000;
}
