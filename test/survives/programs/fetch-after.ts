/** `fetch`, which compiles WebAssembly on first use, and keep-alive agents work after the restore. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { checkpoint, pass } from '../../support/program.js';

const server = createServer((request, response) => response.end(`you asked for ${request.url}`));
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const agent = new Agent({ keepAlive: true });

await checkpoint();

for (const path of ['/one', '/two']) {
  const response = await fetch(base + path);
  assert.equal(await response.text(), `you asked for ${path}`);
}
const [response] = await once(get(`${base}/agent`, { agent }), 'response');
let text = '';
for await (const chunk of response) text += String(chunk);
assert.equal(text, 'you asked for /agent');
agent.destroy();
server.closeAllConnections();
server.close();
await once(server, 'close');
pass();
process.exit();
