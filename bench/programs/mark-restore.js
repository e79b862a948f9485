import { writeSync } from 'node:fs';
import { getGlobalContext } from '../../dist/index.js';

/** Preload for a server that knows nothing of node-crac: one byte on standard output is its first JavaScript after a restore. */
getGlobalContext().register(
  {
    beforeCheckpoint: async () => {},
    afterRestore: async () => {
      writeSync(1, '!');
    },
  },
  { name: 'mark-restore' },
);
