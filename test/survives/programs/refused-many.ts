/** One exception names everything that is in the way. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { checkpoint, pass } from '../../support/program.js';
import { assertRefused } from '../../support/refused.js';

const path = process.argv[2] ?? '';
const file = await open(path, 'w+');
const socket = createSocket('udp4').bind(0, '127.0.0.1');
await once(socket, 'listening');

await assertRefused('CheckpointOpenFileException', new RegExp(path));
await assertRefused('CheckpointOpenSocketException', new RegExp(`127\\.0\\.0\\.1:${socket.address().port}`));

await file.close();
socket.close();
await once(socket, 'close');
await checkpoint();
pass();
