// Nanoseconds per call of what opens something, and of an `await`; with `hooks`, while async_hooks are asked for stacks instead.
import { createHook } from 'node:async_hooks';
import { once } from 'node:events';
import { closeSync, openSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { connect, createServer } from 'node:net';

const ROUNDS = 7;
const HANDLES = new Set(['TCPWRAP', 'TCPSERVERWRAP', 'PIPEWRAP', 'UDPWRAP', 'FILEHANDLE', 'PROCESSWRAP']);
const traces = new WeakMap();
const init = (_id, type, _trigger, resource) => {
  if (HANDLES.has(type)) traces.set(resource, new Error(type));
};
if (process.argv.includes('hooks')) createHook({ init }).enable();

const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address();

const values = {
  await: await best(async () => {}, 100_000),
  openSync: await best(() => closeSync(openSync('/dev/null')), 2000),
  'fs.promises.open': await best(async () => (await open('/dev/null')).close(), 300),
  connect: await best(() => once(connect(port, '127.0.0.1').resume(), 'close'), 100),
};
server.close();
writeSync(1, `${JSON.stringify(values)}\n`);

async function best(call, count) {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round <= ROUNDS; round += 1) {
    const begin = process.hrtime.bigint();
    for (let left = count; left > 0; left -= 1) await call();
    const took = Number(process.hrtime.bigint() - begin) / count;
    if (round > 0) least = Math.min(least, took);
  }
  return least;
}
