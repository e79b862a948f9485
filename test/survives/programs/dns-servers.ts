/** Prints the name servers of the default resolver, in both threads, of one that belongs to the program, and which one is really asked. */
import dns, { getServers, resolve4 } from 'node:dns';
import { once } from 'node:events';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { checkpoint } from '../../support/program.js';

if (isMainThread) await main();
else parentPort?.on('message', () => parentPort?.postMessage(getServers()));

async function main(): Promise<void> {
  const own = new dns.Resolver();
  own.setServers(['127.0.0.9']);
  const { CHOSEN: chosen } = process.env;
  if (chosen !== undefined) dns.setServers([chosen]);
  const worker = new Worker(new URL(import.meta.url));
  worker.postMessage('servers');
  await once(worker, 'message');
  await checkpoint();
  worker.postMessage('servers');
  const [inWorker] = (await once(worker, 'message')) as [string[]];
  const answer = await new Promise((resolve) => {
    resolve4('name.test', (error, addresses) => resolve(error?.code ?? addresses));
  });
  const said = {
    main: dns.getServers(),
    taken: getServers(),
    promises: dns.promises.getServers(),
    own: own.getServers(),
    inWorker,
    answer,
  };
  process.stdout.write(`${JSON.stringify(said)}\n`, () => process.exit());
}
