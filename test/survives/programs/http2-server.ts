/** An HTTP/2 server goes on. Prints its port; ends after a request for `/end`. */
import { once } from 'node:events';
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { checkpoint, pass } from '../../support/program.js';

const server = createServer();
server.on('stream', (stream, headers) => {
  stream.respond({ ':status': 200 });
  stream.end(`stream ${headers[':path']}`);
  if (headers[':path'] === '/end') server.close();
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.stdout.write(`port ${(server.address() as AddressInfo).port}\n`);

await checkpoint();

await once(server, 'close');
pass();
