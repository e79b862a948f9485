const { getGlobalContext } = require('node-crac');
const { checkpointRestore } = require('node-crac/management');

const heard = [];
const resource = {
  beforeCheckpoint: () => void heard.push('told'),
  afterRestore: (_context, { restored }) => void heard.push(restored ? 'restored' : 'undone'),
};
getGlobalContext().register(resource);
checkpointRestore().then(({ args }) => console.log([...heard, ...args].join(' ')));
