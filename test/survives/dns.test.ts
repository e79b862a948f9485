import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { getServers } from 'node:dns';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { checkpoint, restore } from '../support/image.js';
import { repository } from '../support/paths.js';
import { firstOf, needsRoot, needsWorking } from '../support/requirements.js';
import { scratch } from '../support/scratch.js';

const PRIVATE_MOUNTS = ['unshare', '--mount', 'sh', '-c'];
const REGISTER = ['--import', `${repository}dist/register.js`];
const skip = firstOf(
  needsRoot(),
  needsWorking([...PRIVATE_MOUNTS, 'mount --bind /etc/hosts /etc/resolv.conf'], 'mount namespaces'),
);

describe('the name servers of a restored process', { skip }, () => {
  it('are those of its machine, also for functions from before, and in worker threads', async (t) => {
    const image = await checkpoint(t, 'survives/programs/dns-servers', { nodeArgs: REGISTER });
    const said = await ask(t, image, ['127.0.0.1', '::1']);
    assert.deepEqual(said.main, ['127.0.0.1', '::1']);
    assert.deepEqual([said.taken, said.promises], [said.main, said.main]);
    assert.deepEqual(said.inWorker, said.main);
    assert.deepEqual(said.own, ['127.0.0.9']);
  });

  it('are asked, and not those of the checkpoint', async (t) => {
    const image = await checkpoint(t, 'survives/programs/dns-servers', { nodeArgs: REGISTER });
    const server = createSocket('udp4');
    server.on('message', (question, { port, address }) => server.send(answerTo(question), port, address));
    server.bind(53, '127.0.0.2');
    await once(server, 'listening');
    t.after(() => server.close());
    assert.deepEqual((await ask(t, image, ['127.0.0.2'])).answer, ['192.0.2.7']);
  });

  it('stay when the program has chosen them, when nothing changed, and when that is switched off', async (t) => {
    const chosen = await checkpoint(t, 'survives/programs/dns-servers', { env: { CHOSEN: '127.0.0.8' } });
    assert.deepEqual((await ask(t, chosen, ['127.0.0.1'])).main, ['127.0.0.8']);
    const image = await checkpoint(t, 'survives/programs/dns-servers', {
      nodeArgs: REGISTER,
      env: { CRAC_RUNTIME: '-dns' },
    });
    const said = await ask(t, image, ['127.0.0.1']);
    assert.deepEqual(said.main, getServers());
    assert.deepEqual(said.inWorker, getServers());
  });
});

interface Said {
  readonly main: readonly string[];
  readonly taken: readonly string[];
  readonly promises: readonly string[];
  readonly own: readonly string[];
  readonly inWorker: readonly string[];
  readonly answer: unknown;
}

/** Restores where `/etc/resolv.conf` names these servers. */
async function ask(t: TestContext, image: string, servers: readonly string[]): Promise<Said> {
  const file = join(scratch(t), 'resolv.conf');
  writeFileSync(
    file,
    `${servers.map((server) => `nameserver ${server}`).join('\n')}\noptions timeout:1 attempts:1\n`,
  );
  const mount = 'mount --bind "$0" /etc/resolv.conf && exec "$@"';
  const { code, stdout, stderr } = await restore(t, image, { wrapper: [...PRIVATE_MOUNTS, mount, file] });
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as Said;
}

/** An answer with one address. */
function answerTo(question: Buffer): Buffer {
  const end = question.indexOf(0, 12) + 5;
  const head = Buffer.from(question.subarray(0, 12));
  head.writeUInt16BE(0x8180, 2);
  head.writeUInt16BE(1, 6);
  head.fill(0, 8);
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 7]);
  return Buffer.concat([head, question.subarray(12, end), record]);
}
