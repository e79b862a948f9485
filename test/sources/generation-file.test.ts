import assert from 'node:assert/strict';
import {
  closeSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertCheckpointed, startProgram, startRestored } from '../support/image.js';
import { compiled, repository } from '../support/paths.js';
import { firstOf, needsCommand, needsWorking } from '../support/requirements.js';
import { scratch } from '../support/scratch.js';
import { type Running, start } from '../support/start.js';

/** Longer than any test: nothing is noticed but by asking. */
const NEVER = '100000000';

/** Memory that begins with a counter and keeps its size: its path, and a counter on standard input is written there. */
const SEALED = `
import fcntl, os, sys
memory = os.memfd_create('sysgenid', os.MFD_ALLOW_SEALING)
os.truncate(memory, 4096)
fcntl.fcntl(memory, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW)
os.pwrite(memory, (7).to_bytes(4, 'little'), 0)
print(f'path /proc/{os.getpid()}/fd/{memory}', flush=True)
for line in sys.stdin:
    os.pwrite(memory, int(line).to_bytes(4, 'little'), 0)
    print(f'wrote {int(line)}', flush=True)
`;

/** The file is mounted where nobody else sees it but by way of the process that has done so. */
const IN_ITS_OWN_MOUNTS = ['unshare', '-m'];

const missing = firstOf(
  needsCommand('python3'),
  needsWorking(
    [...IN_ITS_OWN_MOUNTS, 'sh', '-c', ': <> /dev/fuse && mount -t tmpfs none /mnt'],
    'the right to mount file systems of FUSE',
  ),
);

/** Who changes a counter. */
interface Owner {
  readonly owner: Running;
  readonly path: string;
  write(generation: number): Promise<void>;
}

it('watchGenerationFile() hears that a counter has changed, and acknowledges that when all is back', async (t) => {
  const file = join(scratch(t), 'sysgenid');
  writeFileSync(file, counter(7));
  const driven = join(compiled, 'sources/programs/driven.js');
  const program = start(t, [process.execPath, driven, 'generation', '{}', file]);
  await program.waitFor(/ready/);
  change(file, 8);
  await program.waitFor(/ready\nevent renewed/);
  while (statSync(file).mtimeMs === 0) await sleep(5);
  assert.deepEqual(readFileSync(file), counter(8));
});

describe('the generation of an ordinary file', () => {
  it('is read when somebody asks, who notices that it has changed', async (t) => {
    const { program, file } = run(t, ordinary(t), NEVER);
    await program.waitFor(/ready unmapped 7\n/);
    change(file, 8);
    program.child.kill('SIGHUP');
    await program.waitFor(/asked 8 reading\n/);
    await program.waitFor(/event renewed/);
  });

  it('stays what it was while the file is too short', async (t) => {
    const { program, file } = run(t, ordinary(t));
    await program.waitFor(/ready unmapped 7\n/);
    truncateSync(file, 0);
    program.child.kill('SIGHUP');
    await program.waitFor(/asked 7 reading\n/);
    change(file, 8);
    await program.waitFor(/asked 7 reading\nevent renewed/);
  });

  it('fails where a process is restored and the file is gone, which is an event', async (t) => {
    const { program, file, directory } = run(t, ordinary(t));
    await program.waitFor(/ready/);
    program.child.kill('SIGUSR2');
    assertCheckpointed(await program.ended, directory);
    rmSync(file);
    const restored = startRestored(t, directory);
    await restored.waitFor(/event failed ENOENT/);
  });
});

describe('the generation of sealed memory', { skip: needsCommand('python3') }, () => {
  it('is seen without a system call, and heard of', async (t) => {
    const { path, write } = await sealed(t);
    const { program } = run(t, path, NEVER);
    await program.waitFor(/ready mapped 7\n/);
    assert.match(readFileSync(`/proc/${program.pid}/maps`, 'latin1'), / r--s .*\/memfd:sysgenid/);
    program.child.kill('SIGHUP');
    await program.waitFor(/asked 7 without reading\n/);
    await write(8);
    program.child.kill('SIGHUP');
    await program.waitFor(/asked 8 without reading\n/);
    await program.waitFor(/event renewed/);
  });

  it('stays mapped while the process is prepared, which hears by it that it goes on', async (t) => {
    const { path, write } = await sealed(t);
    const { program } = run(t, path, '5', 'prepare');
    await program.waitFor(/ready mapped 7\n/);
    program.child.kill('SIGUSR2');
    await program.waitFor(/prepared mapped 7\n/);
    await write(8);
    await program.waitFor(/event resumed/);
  });

  it('is unmapped in an image, and mapped again in a restored process', async (t) => {
    const { path, write } = await sealed(t);
    const { program, directory } = run(t, path);
    await program.waitFor(/ready mapped 7\n/);
    program.child.kill('SIGUSR2');
    assertCheckpointed(await program.ended, directory);
    await write(9);
    const restored = startRestored(t, directory);
    await restored.waitFor(/restored mapped 9\n/);
    await write(10);
    await restored.waitFor(/event renewed/);
  });
});

describe('a file that behaves as /dev/sysgenid does', { skip: missing }, () => {
  it('is heard, and told that its generation is acknowledged', async (t) => {
    const { path, write, owner } = await device(t);
    const { program } = run(t, path);
    await program.waitFor(/ready unmapped undefined\n/);
    for (const generation of [8, 9]) {
      await write(generation);
      await owner.waitFor(new RegExp(`acknowledged ${generation}\n`));
    }
    await program.waitFor(/event renewed \nevent renewed \n/);
    program.child.kill('SIGHUP');
    await program.waitFor(/asked 9 reading\n/);
  });

  it('is heard again in a restored process', async (t) => {
    const { path, write, owner } = await device(t);
    const { program, directory } = run(t, path);
    await program.waitFor(/ready/);
    program.child.kill('SIGUSR2');
    assertCheckpointed(await program.ended, directory);
    const restored = startRestored(t, directory);
    await owner.waitFor(/reader 2\n/);
    await write(8);
    await restored.waitFor(/event renewed/);
    await owner.waitFor(/acknowledged 8\n/);
  });
});

describe('the generation of a device', () => {
  it('is mapped', async (t) => {
    const { program } = run(t, '/dev/zero');
    await program.waitFor(/ready mapped 0\n/);
    program.child.kill('SIGHUP');
    await program.waitFor(/asked 0 without reading\n/);
  });

  it('is read where the device cannot be mapped', async (t) => {
    await run(t, '/dev/null').program.waitFor(/ready unmapped undefined\n/);
  });
});

function run(t: TestContext, file: string, interval = '5', ...how: string[]) {
  const directory = join(scratch(t), 'image');
  const program = startProgram(t, 'sources/programs/counting', { directory, args: [file, interval, ...how] });
  return { program, file, directory };
}

function ordinary(t: TestContext): string {
  const file = join(scratch(t), 'sysgenid');
  writeFileSync(file, counter(7));
  return file;
}

function sealed(t: TestContext): Promise<Owner> {
  return own(t, ['python3', '-c', SEALED]);
}

function device(t: TestContext): Promise<Owner> {
  const file = join(scratch(t), 'sysgenid');
  writeFileSync(file, '');
  return own(t, [...IN_ITS_OWN_MOUNTS, 'python3', `${repository}test/sources/programs/device.py`, file]);
}

/** Starts a program that has a counter, says where, and writes there what it is told. */
async function own(t: TestContext, command: readonly string[]): Promise<Owner> {
  const owner = start(t, command, { stdio: ['pipe', 'pipe', 'pipe'] });
  const [, path = ''] = await owner.waitFor(/path (\S+)\n/);
  const write = async (generation: number): Promise<void> => {
    owner.child.stdin?.write(`${generation}\n`);
    await owner.waitFor(new RegExp(`wrote ${generation}\n`));
  };
  return { owner, path, write };
}

/** Changes the counter as another program would, and its time to one that only a writer changes. */
function change(file: string, generation: number): void {
  const fd = openSync(file, 'r+');
  writeSync(fd, counter(generation), 0, 4, 0);
  closeSync(fd);
  utimesSync(file, 0, 0);
}

function counter(generation: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(generation);
  return bytes;
}
