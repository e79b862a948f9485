import { getGlobalContext } from 'node-crac';
import { checkpointRestore } from 'node-crac/management';

const heard = [];
const resource = {
  beforeCheckpoint: () => void heard.push('told'),
  afterRestore: (_context, { restored }) => void heard.push(restored ? 'restored' : 'undone'),
};
getGlobalContext().register(resource);
const { args } = await checkpointRestore();
console.log([...heard, ...args].join(' '));
