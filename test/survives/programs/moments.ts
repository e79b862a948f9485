/**
 * Knows nothing of checkpoints. Serves HTTP on a free port whose number it prints; `/ready` is answered with 503 for the first three times,
 * `/never` is not answered, `/late` not at first. Without an argument it ends after `/end`, with `short` by itself; another one is the path of a unix
 * socket on which it listens instead.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

let [requests, early, late] = [0, 0, 0];
const server = createServer((request, response) => {
  requests += 1;
  if (request.url === '/ready') response.statusCode = ++early > 3 ? 200 : 503;
  if (request.url === '/end') server.close();
  if (request.url === '/never' || (request.url === '/late' && ++late === 1)) return;
  response.setHeader('connection', 'close').end(`${requests}`);
});

const [, , way] = process.argv;
if (way === 'short') setTimeout(() => {}, 100);
else if (way !== undefined) server.listen(way);
else
  server.listen(0, '127.0.0.1', () => {
    process.stdout.write(`port ${(server.address() as AddressInfo).port}\n`);
  });
