/** An HTTP server that listened before the checkpoint answers after it. Prints its port; ends after `GET /end`. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { checkpoint, pass } from '../../support/program.js';

let requests = 0;
const server = createServer((request, response) => {
  requests++;
  response.setHeader('connection', 'close').end(`${request.url} ${requests}`);
  if (request.url === '/end') server.close();
});
const host = process.argv[2] ?? '127.0.0.1';
server.listen(0, host);
await once(server, 'listening');
process.stdout.write(`port ${(server.address() as AddressInfo).port}\n`);

await checkpoint();

await once(server, 'close');
pass();
