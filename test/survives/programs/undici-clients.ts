/**
 * Clients of undici from npm go on with the same objects. Arguments: name of the package, address of a server in another process. Waits for a
 * line on standard input before the checkpoint.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { checkpoint, pass } from '../../support/program.js';

interface Dispatcher {
  request(options: object): Promise<{ readonly body: { text(): Promise<string> } }>;
}

interface Undici {
  readonly Client: new (origin: string, options?: object) => Dispatcher;
  readonly Pool: new (origin: string, options?: object) => Dispatcher;
  readonly Agent: new (options?: object) => Dispatcher;
  setGlobalDispatcher(dispatcher: Dispatcher): void;
  fetch(url: string, options?: object): Promise<{ text(): Promise<string> }>;
}

const require = createRequire(new URL('../../../../test/libraries/package.json', import.meta.url));
const [name = '', origin = ''] = process.argv.slice(2);
const { Client, Pool, Agent, fetch, setGlobalDispatcher } = require(name) as Undici;
const clients = [
  new Client(origin),
  new Client(origin, { pipelining: 4 }),
  new Pool(origin, { connections: 3 }),
  new Agent(),
];
setGlobalDispatcher(new Agent({ keepAliveTimeout: 60_000 }));

await useAll();
process.stdout.write('used\n');
await once(process.stdin, 'data');
process.stdin.destroy();

await checkpoint();

await useAll();
pass();
process.exit();

async function useAll(): Promise<void> {
  const requests = clients.flatMap((client) =>
    [1, 2, 3].map(async () => {
      const { body } = await client.request({ origin, path: '/', method: 'GET' });
      return body.text();
    }),
  );
  const fetched = [fetch(origin), fetch(origin)].map(async (response) => (await response).text());
  assert.deepEqual(new Set(await Promise.all([...requests, ...fetched])), new Set(['upstream']));
}
