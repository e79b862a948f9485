/**
 * Clients of undici from npm go on with the same objects. Arguments: name of the package, addresses of a server in another process and of one that
 * speaks HTTP/2. Waits for a line on standard input before the checkpoint.
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
const [name = '', origin = '', secure = ''] = process.argv.slice(2);
const { Client, Pool, Agent, fetch, setGlobalDispatcher } = require(name) as Undici;
const clients = [
  new Client(origin),
  new Client(origin, { pipelining: 4 }),
  new Pool(origin, { connections: 3 }),
  new Agent(),
];
const withHttp2 = { allowH2: true, connect: { rejectUnauthorized: false } };
const multiplexing = [
  new Client(secure, withHttp2),
  new Pool(secure, { ...withHttp2, connections: 2 }),
  new Agent(withHttp2),
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
  const requests = clients.flatMap((client) => [1, 2, 3].map(() => ask(client, origin)));
  const fetched = [fetch(origin), fetch(origin)].map(async (response) => (await response).text());
  assert.deepEqual(new Set(await Promise.all([...requests, ...fetched])), new Set(['upstream']));
  const streams = multiplexing.map((client) => ask(client, secure));
  assert.deepEqual(new Set(await Promise.all(streams)), new Set(['2.0']));
}

async function ask(client: Dispatcher, address: string): Promise<string> {
  const { body } = await client.request({ origin: address, path: '/', method: 'GET' });
  return body.text();
}
