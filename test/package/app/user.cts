import { getGlobalContext } from 'node-crac';
import management = require('node-crac/management');

getGlobalContext();
export const restored: Promise<{ readonly generation: number }> = management.checkpointRestore();
