// Has used what the resources of Node.js themselves set right after a restore: crypto, http, fetch, dns, tls, standard streams.
import { randomInt, randomUUID } from 'node:crypto';
import { getServers } from 'node:dns';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { END, freeze } from './freeze.js';

const server = createServer((_request, response) => response.end(`${randomUUID()} ${randomInt(9)} ${Math.random()}`));
server.listen(0, '127.0.0.1');
await once(server, 'listening');
createSecureServer({});
getServers();
process.stderr.write('');
for (let round = 0; round < 10; round += 1) await (await fetch(`http://127.0.0.1:${server.address().port}/`)).text();

const { write } = await freeze();
write(END);
server.close();
