import assert from 'node:assert/strict';
import { readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { parsePolicies } from '#dist/descriptors/policies/parse-policies.js';
import { needsNode } from '../support/requirements.js';
import { scratch } from '../support/scratch.js';
import { detailsOf, type Explained, startExplained, startServer } from './support.js';

const HOLDS = 'origins/programs/holds';

async function startHolding(t: TestContext): Promise<Explained & { readonly port: number }> {
  const port = await startServer(t);
  return { ...(await startExplained(t, HOLDS, [String(port)])), port };
}

describe('crac explain', () => {
  it('names everything that would stop a checkpoint by the object that holds it', async (t) => {
    const { explain, running, folder, port } = await startHolding(t);
    const { obstacles, ready, pid } = await explain();
    assert.deepEqual([ready, pid], [false, running.pid]);
    const byHolder = new Map(obstacles.map((each) => [detailsOf(each).holder, detailsOf(each)]));
    assert.equal(byHolder.get('net.Socket')?.remoteAddress, `127.0.0.1:${port}`);
    assert.equal(byHolder.get('fs.WriteStream')?.path, join(folder, 'stream'));
    assert.equal(byHolder.get('dgram.Socket')?.protocol, 'udp');
    assert.ok(obstacles.some((each) => detailsOf(each).path === join(folder, 'raw')));
    const child = obstacles.find(({ error }) => error.code === 'ERR_CRAC_CHILD_PROCESS');
    assert.match(child?.error.message ?? '', /\(cat\)/);
    const pipe = [...byHolder.keys()].find((holder) => holder?.includes('child process'));
    assert.equal(
      pipe,
      `net.Socket, connected to child process ${Reflect.get(child?.error.details ?? {}, 'pid')}`,
    );
    for (const { fd = -1, target } of obstacles.map(detailsOf).filter((each) => each.fd !== undefined)) {
      assert.equal(readlinkSync(`/proc/${pid}/fd/${fd}`), target);
    }
  });

  it('names a FileHandle', { skip: needsNode(22) }, async (t) => {
    const { explain, folder } = await startHolding(t);
    const { obstacles } = await explain();
    const found = obstacles.map(detailsOf).find(({ path }) => path === join(folder, 'handle'));
    assert.equal(found?.holder, 'FileHandle');
  });

  it('tells what is closed by itself, and what goes into the image', async (t) => {
    const { explain } = await startHolding(t);
    const { closes, travels } = await explain();
    assert.deepEqual(closes.map(({ what, why }) => `${what.split(' ')[0]}: ${why}`).sort(), [
      'inotify: watchers of files are made anew',
      'tcp: node:http client, idle',
      'tcp: node:http server, idle',
    ]);
    assert.deepEqual(
      travels.map(({ what }) => what.replace(/\d+$/, '')),
      ['tcp listener 127.0.0.1:'],
    );
  });

  it('changes nothing: a second look sees the same', async (t) => {
    const { explain } = await startHolding(t);
    assert.deepEqual(await explain(), await explain());
  });

  it('offers policies with which nothing but the child process is left', async (t) => {
    const { explain, call } = await startHolding(t);
    const before = await explain();
    const rules = before.obstacles.flatMap(({ policy }) => policy ?? []).join('\n---\n');
    assert.ok(parsePolicies(rules, 'policies').length >= 5);
    const { stdout, code } = await call('explain');
    assert.equal(code, 1);
    for (const line of rules.split('\n'))
      if (line !== '---') assert.ok(stdout.includes(`      ${line}\n`), stdout);
  });

  it('says that nothing stands in the way, with status 0', async (t) => {
    const { call, running } = await startExplained(t, 'origins/programs/holds-nothing');
    const { stdout, stderr, code } = await call('explain');
    assert.deepEqual([code, stderr], [0, '']);
    assert.equal(stdout, `Nothing stands in the way of a checkpoint of process ${running.pid}.\n`);
    assert.equal((await call('checkpoint', '--to', 'image')).code, 0);
  });

  it('obeys policies', async (t) => {
    const file = join(scratch(t), 'policies');
    writeFileSync(file, 'type: file\npath: /**\naction: reopen\nwarn: false\n');
    const port = await startServer(t);
    const { explain, folder } = await startExplained(t, HOLDS, [String(port)], [], {
      CRAC_RESOURCE_POLICIES: file,
    });
    const { obstacles, travels } = await explain();
    assert.deepEqual(
      obstacles.filter((each) => detailsOf(each).path !== undefined),
      [],
    );
    assert.ok(travels.some(({ what, why }) => what === `file ${folder}/raw` && why === 'a policy says so'));
  });
});
