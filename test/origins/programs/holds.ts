/** Holds one of everything, with the server of its first argument as the other side, and waits until it is killed; the child ends with it. */
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createWriteStream, openSync, watch } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer, get } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';

const [, , port = '', folder = ''] = process.argv;

const socket = connect(Number(port), '127.0.0.1');
await once(socket, 'connect');
const handle = await open(join(folder, 'handle'), 'w');
const raw = openSync(join(folder, 'raw'), 'w');
const stream = createWriteStream(join(folder, 'stream'));
await once(stream, 'open');
const datagrams = createSocket('udp4').bind(0, '127.0.0.1');
await once(datagrams, 'listening');
const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
const watcher = watch(folder);
const server = createServer((_request, response) => response.end('answer')).listen(0, '127.0.0.1');
await once(server, 'listening');
const { port: own } = server.address() as { readonly port: number };
const [response] = await once(get({ port: own, host: '127.0.0.1' }), 'response');
await once(response.resume(), 'end');

Object.assign(globalThis, { held: [socket, handle, raw, stream, datagrams, child, watcher, server] });
console.log('ready');
