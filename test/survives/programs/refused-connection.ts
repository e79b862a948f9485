/** An established connection is refused with both its addresses; the process goes on and can be checkpointed without it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { checkpoint, pass } from '../../support/program.js';
import { assertRefused } from '../../support/refused.js';

const server = createServer().listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;
const client = connect(port, '127.0.0.1');
const [accepted] = (await once(server, 'connection')) as [Socket];
server.close();

await assertRefused('CheckpointOpenSocketException', new RegExp(`127\\.0\\.0\\.1:${port}`));

client.write('still here');
assert.equal(String((await once(accepted, 'data'))[0]), 'still here');
client.destroy();
accepted.destroy();
await once(server, 'close');
await checkpoint();
pass();
