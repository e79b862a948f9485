import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type RequestOptions } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { assertPassed, checkpoint, restore, startRestored } from '../support/image.js';
import { listening } from '../support/listening.js';
import { scratch } from '../support/scratch.js';
import type { Ended } from '../support/start.js';

const PROGRAM = 'survives/programs/listen-at';
const LOOPBACK = '127.0.0.1';

interface Answer {
  readonly pid: number;
  readonly addresses: readonly (AddressInfo | string)[];
}

describe('the place where a restored server listens', () => {
  it('is another port, which the program is told', async (t) => {
    const [from, to] = await freePorts(2);
    const directory = await checkpoint(t, PROGRAM, { args: [`${LOOPBACK}:${from}`] });
    const { addresses } = await end(t, directory, ['--listen', `${from}=${to}`], {
      host: LOOPBACK,
      port: to,
    });
    assert.deepEqual(addresses, [{ address: LOOPBACK, family: 'IPv4', port: to }]);
  });

  it('is another address, also one of the other family', async (t) => {
    const [from, to] = await freePorts(2);
    const directory = await checkpoint(t, PROGRAM, { args: [`${LOOPBACK}:${from}`] });
    const other = await end(t, directory, [`--listen=${LOOPBACK}:${from}=127.0.0.2:${to}`], {
      host: '127.0.0.2',
      port: to,
    });
    assert.deepEqual(other.addresses, [{ address: '127.0.0.2', family: 'IPv4', port: to }]);
    const six = await end(t, directory, ['--listen', `${from}=[::1]:${to}`], { host: '::1', port: to });
    assert.deepEqual(six.addresses, [{ address: '::1', family: 'IPv6', port: to }]);
  });

  it('is another one for each of several servers', async (t) => {
    const [one, two, three, four] = await freePorts(4);
    const sockets = [join(scratch(t), 'one'), join(scratch(t), 'two')] as const;
    const args = [`${LOOPBACK}:${one}`, `::1:${two}`, sockets[0]];
    const directory = await checkpoint(t, PROGRAM, { args });
    const rules = [`${two}=${four}`, `${one}=${three}`, sockets.join('=')];
    const options = rules.flatMap((rule) => ['--listen', rule]);
    const { addresses } = await end(t, directory, options, { socketPath: sockets[1] });
    assert.deepEqual(addresses.slice(0, 2), [
      { address: LOOPBACK, family: 'IPv4', port: three },
      { address: '::1', family: 'IPv6', port: four },
    ]);
  });

  it('follows PORT, if it was that of PORT', async (t) => {
    const [from, to, other] = await freePorts(3);
    const env = { PORT: String(from) };
    const directory = await checkpoint(t, PROGRAM, { args: [`${LOOPBACK}:${from}`], env });
    const moved = { env: { PORT: String(to) } };
    await end(t, directory, [], { host: LOOPBACK, port: to }, moved);
    await end(t, directory, ['--env', 'image'], { host: LOOPBACK, port: from }, moved);
    await end(t, directory, ['--listen', `${from}=${other}`], { host: LOOPBACK, port: other }, moved);
    await end(t, directory, [], { host: LOOPBACK, port: from });
  });

  it('stays, if it was not that of PORT', async (t) => {
    const [from, to] = await freePorts(2);
    const directory = await checkpoint(t, PROGRAM, { args: [`${LOOPBACK}:${from}`] });
    await end(t, directory, [], { host: LOOPBACK, port: from }, { env: { PORT: String(to) } });
  });

  it('is shared by several copies when they agree to it, and refused by one sentence otherwise', async (t) => {
    const [from] = await freePorts(1);
    const directory = await checkpoint(t, PROGRAM, { args: [`${LOOPBACK}:${from}`] });
    const options = ['--reuse-port'];
    const copies = [0, 1].map(() => startRestored(t, directory, { options }));
    for (const { pid } of copies) while (!(await pids(from, 8)).has(pid));
    const refused = await restore(t, directory);
    assert.equal(refused.code, 78);
    assert.match(
      refused.stderr,
      new RegExp(
        `^crac restore: the address of tcp ${LOOPBACK}:${from} \\(descriptor \\d+\\) is in use .*\n$`,
      ),
    );
  });

  it('is refused when the image has no such server, or when it cannot be read', async (t) => {
    const [from] = await freePorts(1);
    const directory = await checkpoint(t, PROGRAM, { args: [`${LOOPBACK}:${from}`] });
    const attempt = (rule: string): Promise<Ended> => restore(t, directory, { options: ['--listen', rule] });
    for (const rule of ['1=2', `127.0.0.3:${from}=2`, `[::]:${from}=2`, '/no=/where']) {
      const { code, stderr } = await attempt(rule);
      assert.equal(code, 78, stderr);
      assert.match(stderr, /^crac restore: no server of the image listens at /);
    }
    for (const rule of [
      '',
      '1',
      '=',
      '1=',
      '1=65536',
      'a=b',
      '1.2.3=4',
      '[::1:1=2',
      '[1::2::3]:1=2',
      '1=/path',
      `/a=/${'b'.repeat(105)}`,
      `/${'a'.repeat(106)}=/b`,
    ]) {
      const { code, stderr } = await attempt(rule);
      assert.equal(code, 64, `${rule}: ${stderr}`);
      assert.match(stderr, /^crac restore: --listen needs /);
    }
  });
});

/** Restores an image and ends it by a request to that place: what the program answered. */
async function end(
  t: TestContext,
  directory: string,
  options: readonly string[],
  place: RequestOptions,
  started: { readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Answer> {
  const restored = startRestored(t, directory, { options, ...started });
  if (place.socketPath) await listening({ path: place.socketPath });
  else await listening({ host: String(place.host), port: Number(place.port) });
  const answer = await ask({ ...place, path: '/end' });
  assertPassed(await restored.ended);
  return answer;
}

async function ask(options: RequestOptions): Promise<Answer> {
  const [response] = await once(get({ ...options, agent: false }), 'response');
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return JSON.parse(text);
}

/** Who answers; nobody when the servers are not there yet. */
async function pids(port: number | undefined, requests: number): Promise<ReadonlySet<number>> {
  const place = { host: LOOPBACK, port: port ?? 0 };
  const asked = Array.from({ length: requests }, () => ask(place));
  const answers = await Promise.allSettled(asked);
  return new Set(answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value.pid] : [])));
}

async function freePorts<Count extends number>(count: Count): Promise<number[] & { length: Count }> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, LOOPBACK));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports as number[] & { length: Count };
}
