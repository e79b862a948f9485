/**
 * A worker has resources of its own, a server and clients. Arguments: what its resource does (`well`, `throw`, `hang`, `late`), and the address of a
 * server in another process. SIGUSR2 asks for a checkpoint: `refused: ...` says why there was none.
 */
import { once } from 'node:events';
import { Agent, createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { getGlobalContext } from 'node-crac';
import { checkpoint } from '../../support/program.js';

const [behaviour = 'well', upstream = ''] = isMainThread ? process.argv.slice(2) : workerData;

if (isMainThread) await main();
else await work();

async function main(): Promise<void> {
  const log: string[] = [];
  getGlobalContext().register({
    beforeCheckpoint: () => void log.push('main before'),
    afterRestore: () => void log.push('main after'),
  });
  const worker = new Worker(new URL(import.meta.url), { workerData: [behaviour, upstream] });
  const [port] = await once(worker, 'message');
  worker.on('message', (word: string) => log.push(word));
  process.on('SIGUSR2', async () => {
    try {
      const { restored } = await checkpoint({
        timeout: ['hang', 'blocked'].includes(behaviour) ? 3000 : 60_000,
      });
      await sleep(1);
      process.stdout.write(`${restored ? 'restored' : 'continued'}: ${log.splice(0).join(', ')}\n`);
    } catch (error) {
      await sleep(1);
      process.stdout.write(
        `${log.splice(0).join(', ')}\nrefused: ${(error as Error).message.replaceAll('\n', ' ')}\n`,
      );
    }
  });
  process.stdout.write(`port ${port}\n`);
}

async function work(): Promise<void> {
  const say = (word: string): void => parentPort?.postMessage(word);
  const agent = new Agent({ keepAlive: true });
  const resource = {
    async beforeCheckpoint(): Promise<void> {
      await sleep(10);
      say('worker before');
      if (behaviour === 'throw') throw new TypeError('the pool is busy');
      if (behaviour === 'hang') await new Promise(() => {});
    },
    async afterRestore(_context: unknown, { restored }: { restored: boolean }): Promise<void> {
      await sleep(10);
      say(`worker after ${restored}`);
      if (behaviour === 'late' && restored) throw new TypeError('the pool is gone');
    },
  };
  const outer = getGlobalContext();
  outer.register(resource, { name: 'pool' });
  const server = createServer((request, response) => {
    const { url = '' } = request;
    if (url === '/endless') response.write('begun');
    else if (url === '/slow') setTimeout(() => response.end('slow'), 300);
    else if (url === '/fetch') void fetch(upstream).then(async (answer) => response.end(await answer.text()));
    else if (url === '/agent') get(upstream, { agent }, (answer) => answer.pipe(response));
    else if (url === '/block') response.end('blocked', () => setImmediate(block));
    else if (url === '/end') response.end('end', () => process.exit());
    else response.end(url);
  });
  server.listen(0, '127.0.0.1', () => parentPort?.postMessage((server.address() as AddressInfo).port));
}

function block(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20_000);
}
