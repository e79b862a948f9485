/** An HTTPS server goes on with its key and certificate. Arguments: files of the key and the certificate. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { checkpoint, pass } from '../../support/program.js';

const [key = '', cert = ''] = process.argv.slice(2).map((file) => readFileSync(file, 'utf8'));
const server = createServer({ key, cert }, (request, response) => {
  response.setHeader('connection', 'close').end(`secret ${request.url}`);
  if (request.url === '/end') server.close();
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.stdout.write(`port ${(server.address() as AddressInfo).port}\n`);

await checkpoint();

await once(server, 'close');
pass();
