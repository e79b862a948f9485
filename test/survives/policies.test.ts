import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { restore, startProgram } from '../support/image.js';
import { crac } from '../support/paths.js';
import { scratch } from '../support/scratch.js';
import type { Ended } from '../support/start.js';

const PROGRAM = 'survives/programs/policies';

interface Place {
  readonly folder: string;
  readonly image: string;
}

function makePlace(t: TestContext): Place {
  const folder = scratch(t);
  return { folder, image: join(folder, 'image') };
}

/** Runs the program up to its checkpoint with policies in code, or in a file when they are text. */
function checkpoint(
  t: TestContext,
  { folder, image }: Place,
  args: readonly string[],
  policies: readonly object[] | string,
): Promise<Ended> {
  const file = join(folder, 'policies.yaml');
  if (typeof policies === 'string') writeFileSync(file, policies);
  const env: Record<string, string> =
    typeof policies === 'string' ? { CRAC_RESOURCE_POLICIES: file } : { POLICIES: JSON.stringify(policies) };
  return startProgram(t, PROGRAM, { directory: image, args, env }).ended;
}

function assertWritten({ code, stderr }: Ended): void {
  assert.deepEqual([code, stderr], [0, ''], stderr);
}

describe('an open file with the policy', () => {
  const reopen = { type: 'file', path: '/**', action: 'reopen', warn: false };

  it('reopen is read on from its position, in each copy', async (t) => {
    const place = makePlace(t);
    const file = join(place.folder, 'data');
    writeFileSync(file, '0123456789');
    assertWritten(await checkpoint(t, place, ['file', file], [reopen]));
    for (let copy = 0; copy < 3; copy += 1) {
      const { code, stdout, stderr } = await restore(t, place.image);
      assert.deepEqual([code, stdout, stderr], [0, '"456789" no directory\n', '']);
    }
  });

  it('follows the rules of a file at a restore before those of the checkpoint', async (t) => {
    const place = makePlace(t);
    const file = join(place.folder, 'data');
    const rules = join(place.folder, 'restore.yaml');
    writeFileSync(file, '0123456789');
    assertWritten(await checkpoint(t, place, ['file', file], [reopen]));
    const restoreBy = async (text: string): Promise<Ended> => {
      writeFileSync(rules, text);
      return await restore(t, place.image, { command: [crac, 'restore'], options: ['--policies', rules] });
    };
    const rule = (action: string, path = file): string => `type: file\npath: ${path}\naction: ${action}\n`;

    assert.equal((await restoreBy(rule('close'))).stdout, 'EBADF no directory\n');
    assert.equal((await restoreBy(rule('close', '/elsewhere/*'))).stdout, '"456789" no directory\n');
    const refused = await restoreBy(rule('error'));
    assert.deepEqual([refused.code, refused.stdout], [78, '']);
    assert.ok(refused.stderr.includes(`a rule of ${rules} refuses descriptor`), refused.stderr);
    assert.ok(refused.stderr.includes(`(${file})`), refused.stderr);

    writeFileSync(file, '0123456789abc');
    assert.equal((await restore(t, place.image)).code, 78);
    assert.equal((await restoreBy(rule('reopen'))).code, 78);
    assert.equal((await restoreBy(rule('ignore'))).stdout, '"456789abc" no directory\n');
    assert.equal((await restoreBy(`${rule('reopen')}changed: allow\n`)).stdout, '"456789abc" no directory\n');

    const several = await restore(t, place.folder, {
      command: [crac, 'restore'],
      options: ['--policies', rules],
    });
    assert.equal(several.code, 64);
    assert.match(several.stderr, /^crac: Cannot restore: --policies needs the directory of one image/);
    const invalid = await restoreBy('type: file\naction: maybe\n');
    assert.equal(invalid.code, 64);
    assert.ok(invalid.stderr.includes(`Policy file ${rules}, line 2`), invalid.stderr);
  });

  it('reopen is written on, also behind what others have appended or where it was rotated away', async (t) => {
    const place = makePlace(t);
    const file = join(place.folder, 'log');
    assertWritten(await checkpoint(t, place, ['file', file, 'a'], [reopen]));
    appendFileSync(file, 'other\n');
    assert.equal((await restore(t, place.image)).stdout, 'wrote 4 no directory\n');
    assert.equal(readFileSync(file, 'utf8'), 'one\nother\ntwo\n');
    renameSync(file, `${file}.1`);
    assert.equal((await restore(t, place.image)).code, 0);
    assert.equal(readFileSync(file, 'utf8'), 'two\n');
  });

  it('reopen creates nothing when the restore fails', async (t) => {
    const place = makePlace(t);
    const file = join(place.folder, 'log');
    assertWritten(await checkpoint(t, place, ['file', file, 'a'], [reopen]));
    rmSync(file);
    const { code, stderr } = await restore(t, place.image, { options: ['--listen', '1=2'] });
    assert.equal(code, 78);
    assert.match(stderr, /no server of the image listens at 1,/);
    assert.ok(!existsSync(file));
  });

  it('reopen keeps its position where it is not open for appending', async (t) => {
    const place = makePlace(t);
    const file = join(place.folder, 'out');
    assertWritten(await checkpoint(t, place, ['file', file, 'w'], [reopen]));
    assert.equal((await restore(t, place.image)).stdout, 'wrote 4 no directory\n');
    assert.equal(readFileSync(file, 'utf8'), 'one\ntwo\n');
  });

  it('reopen stops the restore where it has changed or is gone, unless that is allowed', async (t) => {
    const place = makePlace(t);
    const file = join(place.folder, 'data');
    writeFileSync(file, '0123456789');
    assertWritten(await checkpoint(t, place, ['file', file], [reopen]));
    utimesSync(file, 1, 1);
    const changed = await restore(t, place.image);
    assert.equal(changed.code, 78);
    assert.match(
      changed.stderr,
      /^crac restore: the file \S+data \(descriptor \d+\) has changed since the checkpoint\. .*\n$/,
    );
    rmSync(file);
    const gone = await restore(t, place.image);
    assert.equal(gone.code, 78);
    assert.match(gone.stderr, /the file \S+data \(descriptor \d+\) is not there\./);
    writeFileSync(file, '0123456789');
    assertWritten(await checkpoint(t, place, ['file', file], [{ ...reopen, changed: 'allow' }]));
    writeFileSync(file, 'abcdefghijkl');
    assert.equal((await restore(t, place.image)).stdout, '"efghijkl" no directory\n');
  });

  it('reopen is refused when it has no path any more', async (t) => {
    const place = makePlace(t);
    const file = join(place.folder, 'data');
    writeFileSync(file, '0123456789');
    const ended = await checkpoint(t, place, ['deleted', file], [reopen]);
    assert.notEqual(ended.code, 0);
    assert.match(ended.stderr, /has no path any more/);
  });

  it('reopen comes back as a directory or a named pipe', async (t) => {
    const place = makePlace(t);
    const [folder, pipe] = [join(place.folder, 'folder'), join(place.folder, 'pipe')];
    mkdirSync(folder);
    execFileSync('mkfifo', [pipe]);
    assertWritten(await checkpoint(t, place, ['directory', folder], [reopen]));
    assert.equal((await restore(t, place.image)).stdout, 'opened directory\n');
    assertWritten(await checkpoint(t, place, ['fifo', pipe, 'r+'], [reopen]));
    assert.equal((await restore(t, place.image)).stdout, 'wrote 4 no directory\n');
  });

  it('reopen is refused, and waits for nobody, when a named pipe has taken its place', async (t) => {
    const place = makePlace(t);
    const file = join(place.folder, 'data');
    writeFileSync(file, '0123456789');
    assertWritten(await checkpoint(t, place, ['file', file], [reopen]));
    rmSync(file);
    execFileSync('mkfifo', [file]);
    const { code, stderr } = await restore(t, place.image);
    assert.equal(code, 78);
    assert.match(stderr, /data \(descriptor \d+\) has changed since the checkpoint/);
  });

  it('close is found closed by its peer where the event loop waits for it', async (t) => {
    const place = makePlace(t);
    const pipe = join(place.folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    assertWritten(await checkpoint(t, place, ['watched', pipe, 'r+'], [{ ...reopen, action: 'close' }]));
    const { code, stdout, stderr } = await restore(t, place.image);
    assert.deepEqual([code, stdout, stderr], [0, 'end close\n', '']);
  });

  it('close can be used no more, and nothing else takes its number', async (t) => {
    const place = makePlace(t);
    const file = join(place.folder, 'data');
    writeFileSync(file, '0123456789');
    assertWritten(await checkpoint(t, place, ['file', file], [{ ...reopen, action: 'close' }]));
    rmSync(file);
    const { code, stdout, stderr } = await restore(t, place.image);
    assert.deepEqual([code, stdout, stderr], [0, 'EBADF no directory\n', '']);
  });

  it('ignore is opened again whatever has become of it', async (t) => {
    const place = makePlace(t);
    const file = join(place.folder, 'data');
    writeFileSync(file, '0123456789');
    const policies = `# by its number\ntype: filedescriptor\nregex: /data$\naction: ignore\nwarn: false\n`;
    assertWritten(await checkpoint(t, place, ['file', file], policies));
    writeFileSync(file, 'abcdefgh');
    assert.equal((await restore(t, place.image)).stdout, '"efgh" no directory\n');
  });

  it('error stops the checkpoint, and so does a rule that stands before another', async (t) => {
    const place = makePlace(t);
    const file = join(place.folder, 'data');
    writeFileSync(file, '0123456789');
    const ended = await checkpoint(t, place, ['file', file], [{ type: 'file', action: 'error' }, reopen]);
    assert.notEqual(ended.code, 0);
    assert.match(ended.stderr, /ERR_CRAC_OPEN_FILE/);
  });
});

describe('a policy', () => {
  it('warns of what the application has left open, unless it says otherwise', async (t) => {
    const place = makePlace(t);
    const file = join(place.folder, 'data');
    writeFileSync(file, '0123456789');
    const ended = await checkpoint(t, place, ['file', file], 'type: file\naction: reopen\n');
    assert.equal(ended.code, 0);
    assert.match(
      ended.stderr,
      /CracWarning: Descriptor \d+ \(file \S+data\) was left open at the checkpoint; its policy says "reopen"\./,
    );
  });

  it('ends a connection, which the restored program sees as closed by its peer', async (t) => {
    const place = makePlace(t);
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket.on('error', () => {}));
      socket.write('hello');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const { port } = server.address() as { port: number };
    const rule = `type: socket\nfamily: ipv4\nremotePort: ${port}\naction: close\nwarn: false\n`;
    assertWritten(await checkpoint(t, place, ['socket', String(port)], rule));
    const { code, stdout, stderr } = await restore(t, place.image);
    assert.deepEqual([code, stdout, stderr], [0, 'end close\n', '']);
  });

  it('that cannot be read stops the checkpoint and names the line', async (t) => {
    const place = makePlace(t);
    const file = join(place.folder, 'data');
    writeFileSync(file, '0123456789');
    const wrong = await checkpoint(t, place, ['file', file], 'type: file\n\naction: keep\n');
    assert.notEqual(wrong.code, 0);
    assert.match(
      wrong.stderr,
      /policies\.yaml, line 3: "action" must be one of error, ignore, close, reopen, but it is "keep"/,
    );
  });
});
