/** Servers at the given places, `HOST:PORT` or a path. Each answers with the addresses of all of them; `GET /end` ends the program. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { checkpoint, pass } from '../../support/program.js';

const servers = process.argv.slice(2).map((place) => {
  const server = createServer((request, response) => {
    const addresses = servers.map((each) => each.address());
    response.setHeader('connection', 'close').end(JSON.stringify({ pid: process.pid, addresses }));
    if (request.url === '/end') for (const each of servers) each.close();
  });
  const colon = place.lastIndexOf(':');
  if (colon < 0) return server.listen(place);
  return server.listen(Number(place.slice(colon + 1)), place.slice(0, colon));
});
await Promise.all(servers.map((server) => once(server, 'listening')));
const closed = servers.map((server) => once(server, 'close'));

await checkpoint();

await Promise.all(closed);
pass();
