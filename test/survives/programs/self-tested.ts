/** Listens on a port and leaves a file behind as soon as the application hears of a restore. Prints its port; argument: path of that file. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getGlobalContext } from 'node-crac';
import { checkpoint } from '../../support/program.js';

const [, , trace = ''] = process.argv;
const server = createServer((_request, response) => response.end());
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.stdout.write(`port ${(server.address() as AddressInfo).port}\n`);
getGlobalContext().register({
  beforeCheckpoint() {},
  afterRestore(_context, { restored }) {
    if (restored) writeFileSync(trace, 'heard');
  },
});
process.on('exit', () => writeFileSync(trace, 'ended'));

await checkpoint({ keepRunning: process.env['KEEP_RUNNING'] !== undefined });

process.once('SIGTERM', () => server.close());
