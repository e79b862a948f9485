import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertPasses, startProgram } from '../support/image.js';
import { scratch } from '../support/scratch.js';

describe('the inspector', () => {
  it('listens at the same address, and a debugger that is attached is named', async (t) => {
    const directory = join(scratch(t), 'image');
    const program = startProgram(t, 'survives/programs/inspector-open', {
      directory,
      nodeArgs: ['--inspect=127.0.0.1:0', '--inspect-publish-uid=http'],
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const [, url = ''] = await program.waitFor(/listening (.*)\n/);
    const debug = await attach(new URL(url));
    program.child.stdin?.write('now\n');
    await program.waitFor(/refused/);
    debug.destroy();
    await sleep(500);
    program.child.stdin?.end('again\n');
    const { code, stderr } = await program.ended;
    assert.equal(code, 0, stderr);
    await assertPasses(t, directory);
  });
});

async function attach({ host, hostname, port, pathname }: URL): Promise<Socket> {
  const socket = connect(Number(port), hostname);
  const lines = [
    `GET ${pathname} HTTP/1.1`,
    `Host: ${host}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  const [answer] = await once(socket, 'data');
  assert.match(String(answer), /101 Switching/);
  return socket;
}
