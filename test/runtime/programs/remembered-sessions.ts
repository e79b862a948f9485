/**
 * Clients that remember TLS sessions: an agent and `fetch`. Before the checkpoint a second request resumes the session of the first; the
 * first request after the restore resumes nothing. Arguments: files of key and certificate, the second of which is trusted.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, createServer, get } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { checkpoint, pass } from '../../support/program.js';

const [key = '', cert = ''] = process.argv.slice(2).map((file) => readFileSync(file, 'utf8'));
// The server knows its sessions in every copy.
const server = createServer({ key, cert, ticketKeys: Buffer.alloc(48, 1) }, (request, response) => {
  response.setHeader('connection', 'close').end(String((request.socket as TLSSocket).isSessionReused()));
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;
const agents = [new Agent(), new Agent(), undefined];

/** Whether the server took up a session that the client remembered, for each client. */
async function ask(): Promise<string[]> {
  const texts = [];
  for (const agent of agents) texts.push(await textOf(get({ port, host: '127.0.0.1', agent })));
  return [...texts, await (await fetch(`https://127.0.0.1:${port}`)).text()];
}

async function textOf(request: ReturnType<typeof get>): Promise<string> {
  const [response] = await once(request, 'response');
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return text;
}

assert.deepEqual(await ask(), ['false', 'false', 'false', 'false']);
// From Node.js 24 on, fetch forgets a session with its connection.
const byFetch = String(Number.parseInt(process.versions.node, 10) < 24);
assert.deepEqual(await ask(), ['true', 'true', 'true', byFetch]);

await checkpoint();

const [first, second] = [await ask(), await ask()];
const expected = process.env['CRAC_RUNTIME'] === '-tls' ? 'true' : 'false';
assert.deepEqual(first, [expected, expected, expected, 'false']);
assert.deepEqual(second, ['true', 'true', 'true', byFetch]);
server.close();
pass();
