/** A datagram socket is refused by its address; the process goes on and can be checkpointed without it. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { checkpoint, pass } from '../../support/program.js';
import { assertRefused } from '../../support/refused.js';

const socket = createSocket('udp4');
socket.bind(0, '127.0.0.1');
await once(socket, 'listening');
const { port } = socket.address();

await assertRefused('CheckpointOpenSocketException', new RegExp(`udp.*127\\.0\\.0\\.1:${port}`, 's'));

socket.send('still here', port, '127.0.0.1');
assert.equal(String((await once(socket, 'message'))[0]), 'still here');
socket.close();
await once(socket, 'close');
await checkpoint();
pass();
