import { getGlobalContext } from 'node-crac';
import { createCheckpointSimulator } from 'node-crac/testing';

let told = '';
getGlobalContext().register({
  beforeCheckpoint() {
    told = 'told';
  },
  afterRestore(_context, { restored }) {
    told += restored ? ' restored' : ' nothing';
  },
});
const { args } = await createCheckpointSimulator().checkpointRestore({ args: ['hello'] });
const isLoaded = process.report.getReport().sharedObjects.some((file) => file.endsWith('crac-agent.node'));
console.log(`${told} ${args}, ${isLoaded ? 'an' : 'no'} agent`);
