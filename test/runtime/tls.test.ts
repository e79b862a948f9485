import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { type CertificateFiles, makeCertificate } from '../support/certificate.js';
import {
  assertCheckpointed,
  assertPassed,
  assertPasses,
  assertSurvives,
  checkpoint,
  startProgram,
  startRestored,
} from '../support/image.js';
import { listening } from '../support/listening.js';
import { needsCommand } from '../support/requirements.js';
import { scratch } from '../support/scratch.js';
import { takeSession } from '../support/tls-session.js';

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;
const KINDS = ['tls', 'https', 'http2'] as const;

/** Which sessions the servers of two restored copies resumed. */
interface Resumed {
  /** One of the image. */
  readonly ofImage: readonly boolean[];
  /** One that the same copy had given. */
  readonly own: readonly boolean[];
  /** One that the first copy had given, in the second. */
  readonly foreign: boolean;
}

const UNIQUE: Resumed = { ofImage: [false, false], own: [true, true], foreign: false };
const REPEATED: Resumed = { ofImage: [true, true], own: [true, true], foreign: true };

describe('session tickets', { skip: needsCommand('openssl') }, () => {
  const cleaners: (() => unknown)[] = [];
  let files: CertificateFiles = ['', ''];
  before(async () => {
    files = await makeCertificate({ after: (cleaner: () => unknown) => void cleaners.push(cleaner) });
  });
  after(() => {
    for (const clean of cleaners) clean();
  });

  for (const version of VERSIONS) {
    for (const kind of KINDS) {
      it(`of a ${kind} server of one copy mean nothing to another one (${version})`, async (t) => {
        assert.deepEqual(await resume(t, [kind, version, ...files]), UNIQUE);
      });
    }
  }

  it('mean something to all copies when the program has chosen their keys', async (t) => {
    assert.deepEqual(await resume(t, ['https', 'TLSv1.3', ...files, 'shared']), REPEATED);
  });

  it('are shared by all copies when this is switched off', async (t) => {
    assert.deepEqual(await resume(t, ['tls', 'TLSv1.3', ...files], { CRAC_RUNTIME: '-tls' }), REPEATED);
  });
});

describe('sessions that clients remember', { skip: needsCommand('openssl') }, () => {
  const program = 'runtime/programs/remembered-sessions';

  it('stay in the image', async (t) => {
    const args = await makeCertificate(t);
    await assertSurvives(t, program, { args, env: { NODE_EXTRA_CA_CERTS: args[1] } });
  });

  it('are resumed by every copy when this is switched off', async (t) => {
    const args = await makeCertificate(t);
    const env = { NODE_EXTRA_CA_CERTS: args[1], CRAC_RUNTIME: '-tls' };
    await assertPasses(t, await checkpoint(t, program, { args, env }), { env });
  });
});

async function resume(t: TestContext, args: readonly string[], env = {}): Promise<Resumed> {
  const directory = join(scratch(t), 'image');
  const ended = await startProgram(t, 'runtime/programs/tickets', { directory, args, env }).ended;
  assertCheckpointed(ended, directory);
  const port = Number(ended.stdout.match(/port (\d+)/)?.[1]);
  const ofImage = Buffer.from(ended.stdout.match(/session (.+)/)?.[1] ?? '', 'base64');
  const copies = [];
  for (let foreign: Buffer | undefined, copy = 1; copy <= 2; copy += 1) {
    const seen = await visit(t, directory, port, ofImage, foreign);
    foreign = seen.session;
    copies.push(seen);
  }
  return {
    ofImage: copies.map((copy) => copy.ofImage),
    own: copies.map((copy) => copy.own),
    foreign: copies.at(-1)?.foreign ?? false,
  };
}

async function visit(t: TestContext, directory: string, port: number, ofImage: Buffer, foreign?: Buffer) {
  const restored = startRestored(t, directory);
  await listening({ port, host: '127.0.0.1' });
  const first = await takeSession(port, ofImage);
  const { session } = await takeSession(port);
  const other = foreign && (await takeSession(port, foreign));
  const own = await takeSession(port, session, 'end');
  assertPassed(await restored.ended);
  return { ofImage: first.reused, own: own.reused, foreign: other?.reused, session };
}
