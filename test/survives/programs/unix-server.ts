/** A server on a unix socket goes on. Argument: the socket's path; ends after the first connection. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { checkpoint, pass } from '../../support/program.js';

const server = createServer((socket) => {
  socket.on('data', (chunk) => socket.end(`echo ${chunk}`));
  server.close();
});
server.listen(process.argv[2]);
await once(server, 'listening');

await checkpoint();

await once(server, 'close');
pass();
