/** Has a resource that does not come back in a restored process, and notices that it goes on all the same. */
import { getGlobalContext } from 'node-crac';

const alive = setInterval(() => {}, 20);
getGlobalContext().register(
  {
    beforeCheckpoint() {},
    afterRestore(_context, { restored }) {
      if (!restored) return;
      setTimeout(() => {
        clearInterval(alive);
        console.log('runs on');
      }, 50);
      throw new Error('the lease is gone');
    },
  },
  { name: 'lease' },
);
console.log('ready');
