import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { loadBinding } from '#dist/binding/load.js';
import { CRIU, EARLY_NUMBERS, LATE_NUMBERS, needsCriu, ownNumbers } from '../../support/criu.js';
import { programFile } from '../../support/image.js';
import { crac } from '../../support/paths.js';
import { firstOf, needsNode } from '../../support/requirements.js';
import { scratch } from '../../support/scratch.js';
import { type Ended, runToEnd, start } from '../../support/start.js';
import { ON_TERMINAL } from '../../support/terminal.js';

const REPORTS = programFile('engines/criu/programs/reports');
const NOBODY = 65_534;

/** What the program `reports` tells. */
interface Report {
  readonly restored: boolean;
  readonly generation: number;
  readonly pid: number;
  readonly args: readonly string[];
  readonly greeting?: string;
  readonly cwd: string;
  readonly directory: string;
  readonly random: readonly string[];
  readonly isTerminal: boolean;
}

interface Call {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly options?: readonly string[];
  readonly wrapper?: readonly string[];
  readonly program?: string;
}

const engineOptions = `criu_location=${CRIU}`;

function run(
  t: TestContext,
  directory: string,
  args: readonly string[] = [],
  call: Call = {},
): Promise<Ended> {
  const { env, options = [], wrapper = EARLY_NUMBERS, program = REPORTS, ...rest } = call;
  const command = [
    crac,
    'run',
    '--engine',
    'criu',
    '--checkpoint-to',
    directory,
    ...options,
    program,
    ...args,
  ];
  return runToEnd(t, [...wrapper, ...command], {
    ...rest,
    env: { CRAC_ENGINE_OPTIONS: engineOptions, CRAC_RUNTIME_DIR: `${directory}.control`, ...env },
  });
}

async function checkpoint(t: TestContext, args: readonly string[] = [], call: Call = {}): Promise<string> {
  const directory = join(scratch(t), 'image');
  const { code, signal, stdout, stderr } = await run(t, directory, args, call);
  assert.deepEqual({ code, signal, stdout, stderr }, { code: 0, signal: null, stdout: '', stderr: '' });
  return directory;
}

function restore(
  t: TestContext,
  directory: string,
  args?: readonly string[],
  call: Call = {},
): Promise<Ended> {
  const { env, options = [], wrapper = LATE_NUMBERS, ...rest } = call;
  const tail = args === undefined ? [] : ['--', ...args];
  return runToEnd(t, [...wrapper, crac, 'restore', ...options, directory, ...tail], {
    ...rest,
    env: { CRAC_ENGINE_OPTIONS: engineOptions, ...env },
  });
}

function parse({ stdout, stderr }: Ended): Report {
  assert.match(stdout, /^\{.*\}\s*$/, stderr);
  return JSON.parse(stdout);
}

/** Runs a script of the shell in a PID namespace, with the commands in `$crac` and `$directory`. */
function runScript(t: TestContext, directory: string, script: string): Promise<Ended> {
  const words = [...LATE_NUMBERS, 'bash', '-c', script];
  const env = { CRAC_ENGINE_OPTIONS: engineOptions, crac, directory, reports: REPORTS };
  return runToEnd(t, words, { env, cwd: scratch(t) });
}

describe('the engine criu', { skip: needsCriu() }, () => {
  test('brings a process back under its number, with the arguments, environment, directory and streams of the restore', async (t) => {
    const directory = await checkpoint(t, ['before'], { env: { GREETING: 'hello' } });
    const cwd = scratch(t);
    const first = await restore(t, directory, ['7', 'two words'], { env: { GREETING: 'again' }, cwd });
    const report = parse(first);
    assert.deepEqual([first.code, first.stderr], [7, '']);
    const { random, pid, ...rest } = report;
    assert.deepEqual(rest, {
      restored: true,
      generation: 1,
      args: ['7', 'two words'],
      greeting: 'again',
      cwd,
      directory,
      isTerminal: false,
    });
    const second = parse(
      await restore(t, directory, ['0'], { options: ['--env', 'image', '--cwd', 'image'] }),
    );
    assert.equal(second.greeting, 'hello');
    assert.equal(second.pid, pid);
    for (const [index, value] of second.random.entries()) assert.notEqual(value, random[index]);
  });

  test('leaves an image alone that is restored, so that others can use it at the same time', async (t) => {
    const directory = await checkpoint(t);
    const before = list(directory);
    const all = await Promise.all([restore(t, directory, ['0']), restore(t, directory, ['0'])]);
    assert.deepEqual(
      all.map(({ code }) => code),
      [0, 0],
    );
    assert.deepEqual(list(directory), before);
  });

  test('brings worker threads back', async (t) => {
    const directory = await checkpoint(t, [], { env: { WITH_WORKER: '1' } });
    assert.equal((await restore(t, directory, ['3'], { env: { WITH_WORKER: '1' } })).code, 3);
  });

  test('connects a restored process with the terminal of the restore', async (t) => {
    const directory = await checkpoint(t);
    const { wrapper, env, stdio } = ON_TERMINAL;
    const command = [...LATE_NUMBERS, ...wrapper, crac, 'restore', directory, '--', '4'];
    const { code, stdout } = await start(t, command, {
      stdio,
      env: { ...env, CRAC_ENGINE_OPTIONS: engineOptions },
    }).ended;
    assert.equal(code, 4, stdout);
    assert.equal(JSON.parse(stdout).isTerminal, true);
  });

  test('hands signals on to the restored process and ends by the same', async (t) => {
    const directory = await checkpoint(t);
    const script = `mkfifo told
      "$crac" restore "$directory" -- wait >told & command=$!
      read -r line <told; kill -TERM $command; wait $command; echo $?`;
    const { stdout, stderr } = await runScript(t, directory, script);
    assert.deepEqual([stdout, stderr], [`${128 + 15}\n`, '']);
  });

  test('refuses to restore where the number is taken, and says which', async (t) => {
    const directory = await checkpoint(t);
    const script = `mkfifo told
      "$crac" restore "$directory" -- wait >told & command=$!
      read -r line <told; echo "$line"; "$crac" restore "$directory"; echo $?
      kill -KILL $command; kill -KILL "$(echo "$line" | sed 's/.*"pid":\\([0-9]*\\).*/\\1/')"`;
    const { stdout, stderr } = await runScript(t, directory, script);
    const [line = '', status] = stdout.split('\n');
    assert.equal(status, '1');
    assert.match(
      stderr,
      new RegExp(`could not restore ${directory}: .*and ${JSON.parse(line).pid} is taken`),
    );
  });

  test('lets a process go on that is to be kept running, and restores its image when it has ended', async (t) => {
    const directory = join(scratch(t), 'image');
    const kept = await run(t, directory, ['5'], { env: { KEEP: '1' } });
    const ending = [kept.code, kept.stderr, parse(kept).restored];
    assert.deepEqual(ending, [5, '', false]);
    assert.equal(parse(await restore(t, directory, ['0'])).restored, true);
    const option = await run(t, directory, ['6'], {
      env: { CRAC_ENGINE_OPTIONS: `${engineOptions},keep_running` },
    });
    assert.deepEqual([option.code, parse(option).restored], [6, false]);
  });

  test('writes another image of a restored process, and that one can be restored', async (t) => {
    const directory = await checkpoint(t, ['again'], { env: { AGAIN: join(scratch(t), 'second') } });
    const second = await restore(t, directory, undefined, { options: ['--env', 'image'] });
    assert.deepEqual([second.code, second.stderr], [0, '']);
    const image = second.stdout.trim();
    const wrapper = ownNumbers(3000);
    const { generation, restored } = parse(await restore(t, image, ['0'], { wrapper }));
    assert.deepEqual([generation, restored], [2, true]);
  });

  test('makes room for itself as the first process of a PID namespace, in which it is restored as well', async (t) => {
    const wrapper = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'];
    const directory = await checkpoint(t, [], { wrapper });
    const { code, stdout, stderr } = await restore(t, directory, ['9'], { wrapper });
    assert.deepEqual([code, stderr], [9, '']);
    assert.equal(JSON.parse(stdout).pid, 128);
  });

  test('opens files again at a restore, of which only those for appending may have changed', async (t) => {
    const file = join(scratch(t), 'file');
    const program = { program: programFile('engines/criu/programs/writes') };
    const appended = await checkpoint(t, [], { ...program, env: { FILE: file, FLAGS: 'a' } });
    appendFileSync(file, 'meanwhile\n');
    const { code, stderr } = await restore(t, appended);
    assert.deepEqual([code, stderr], [0, '']);
    assert.equal(readFileSync(file, 'utf8'), 'before\nmeanwhile\nafter\n');
    rmSync(file);
    assert.equal((await restore(t, appended)).code, 0);
    assert.equal(readFileSync(file, 'utf8'), 'after\n');
    const overwritten = await checkpoint(t, [], { ...program, env: { FILE: file, FLAGS: 'r+' } });
    appendFileSync(file, 'again\n');
    const refused = await restore(t, overwritten);
    assert.equal(refused.code, 78);
    assert.match(refused.stderr, new RegExp(`^crac restore: ${file} has changed since the checkpoint`));
  });

  test('creates no file when another one has changed', async (t) => {
    const [file, other] = ['file', 'other'].map((name) => join(scratch(t), name)) as [string, string];
    writeFileSync(other, 'as it was');
    const program = { program: programFile('engines/criu/programs/writes') };
    const directory = await checkpoint(t, [], { ...program, env: { FILE: file, OTHER: other } });
    rmSync(file);
    appendFileSync(other, ', and more');
    assert.equal((await restore(t, directory)).code, 78);
    assert.ok(!existsSync(file));
  });

  test('does not begin a restore that criu would never end, for want of a capability', async (t) => {
    const wrapper = [...EARLY_NUMBERS, 'setpriv', '--bounding-set=-mknod'];
    const directory = await checkpoint(t, [], { wrapper });
    const without = [...LATE_NUMBERS, 'setpriv', '--bounding-set=-setpcap'];
    const { code, stderr } = await restore(t, directory, ['8'], { wrapper: without });
    assert.equal(code, 1);
    assert.match(stderr, /this process lacks CAP_SETPCAP, without which criu cannot limit/);
  });

  test('works for an ordinary user with its capabilities', async (t) => {
    const folder = scratch(t);
    chownSync(folder, NOBODY, NOBODY);
    const capabilities = '+checkpoint_restore,+sys_ptrace,+setpcap,+sys_admin';
    const user = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
    const privileged = [...user, `--inh-caps=${capabilities}`, `--ambient-caps=${capabilities}`];
    const directory = join(folder, 'image');
    const written = await run(t, directory, [], { wrapper: [...EARLY_NUMBERS, ...privileged] });
    assert.deepEqual([written.code, written.stderr], [0, '']);
    assert.equal(statSync(join(directory, 'manifest.json')).uid, NOBODY);
    const wrapper = [...LATE_NUMBERS, ...privileged];
    const { code, stderr } = await restore(t, directory, ['8'], { wrapper });
    assert.deepEqual([code, stderr], [8, '']);
  });

  test('prints the command line of criu when it is asked to', async (t) => {
    const directory = join(scratch(t), 'image');
    const env = { CRAC_ENGINE_OPTIONS: `${engineOptions},print_command,args=-v1` };
    const { code, stderr } = await run(t, directory, [], { env });
    assert.equal(code, 0);
    assert.match(stderr, new RegExp(`^${CRIU} dump --tree \\d+ --images-dir ${directory}/criu-.* -v1\\n$`));
  });
});

test('crac check --engine criu says what is missing', { skip: needsCriu() }, async (t) => {
  const check = [crac, 'check', '--engine', 'criu', '--json', '--engine-options', engineOptions];
  const found = await runToEnd(t, [...EARLY_NUMBERS, ...check]);
  assert.deepEqual([found.code, found.stderr], [0, '']);
  const { ready, findings } = JSON.parse(found.stdout);
  const version = spawnSync(CRIU, ['--version'], { encoding: 'utf8' }).stdout;
  assert.equal(ready, true);
  assert.ok(version.includes(`Version: ${findings.find(isNamed('criu version')).detail}`), version);
  const unprivileged = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', ...check];
  const refused = await runToEnd(t, unprivileged);
  assert.equal(refused.code, 78);
  const { advice } = JSON.parse(refused.stdout).findings.find(isNamed('privileges'));
  assert.match(advice, /lacks CAP_CHECKPOINT_RESTORE, CAP_SYS_PTRACE;/);
});

describe('a checkpoint with the engine criu', { skip: needsCriu() }, () => {
  const refused = async (t: TestContext, option: string, call: Call = {}): Promise<string> => {
    const directory = join(scratch(t), 'image');
    const env = { CRAC_ENGINE_OPTIONS: option, CATCH: '1', ...call.env };
    const { code, stdout, stderr } = await run(t, directory, ['0'], { ...call, env });
    assert.deepEqual([code, stderr], [0, ''], stdout);
    assert.deepEqual(list(directory), []);
    return stdout;
  };

  test('fails where there is no criu', async (t) => {
    const said = await refused(t, 'criu_location=/nowhere/criu');
    assert.match(said, /criu_location names \/nowhere\/criu, which is no executable file/);
  });

  test('fails with a criu that is too old', async (t) => {
    const old = join(scratch(t), 'criu');
    writeFileSync(old, '#!/bin/sh\necho Version: 3.17.1\n');
    chmodSync(old, 0o755);
    assert.match(
      await refused(t, `criu_location=${old}`),
      /is version 3\.17\.1; install version 4\.0 or later/,
    );
  });

  test("fails with criu's own words, and the process goes on with its streams", async (t) => {
    const said = await refused(t, `${engineOptions},args=--tree 1 --network-lock nonsense`);
    assert.match(said, /criu ended with status \d+: .*nonsense/);
  });

  test('fails for a user without the capabilities, and names them', async (t) => {
    const folder = scratch(t);
    chownSync(folder, NOBODY, NOBODY);
    const wrapper = [...EARLY_NUMBERS, 'setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
    const directory = join(folder, 'image');
    const { stdout, stderr } = await run(t, directory, ['0'], { wrapper, env: { CATCH: '1' } });
    assert.match(stdout, /lacks CAP_CHECKPOINT_RESTORE, CAP_SYS_PTRACE.*; run it as root/, stderr);
  });

  test('fails where Node.js uses io_uring', { skip: firstOf(needsNode(22), needsIoUring()) }, async (t) => {
    const directory = join(scratch(t), 'image');
    const env = {
      ...{ CRAC_ENGINE: 'criu', CRAC_ENGINE_OPTIONS: engineOptions, CRAC_CHECKPOINT_TO: directory },
      CATCH: '1',
    };
    const { stdout } = await runToEnd(t, [process.execPath, REPORTS, '0'], { env });
    assert.match(stdout, /Node\.js uses io_uring here.*start the program with crac run --engine criu/);
  });

  test('fails where memory is mapped from the image that it would replace, but not elsewhere', async (t) => {
    const folder = join(scratch(t), 'image/criu-0');
    mkdirSync(folder, { recursive: true });
    chmodSync(join(folder, '..'), 0o700);
    const pages = join(folder, 'pages-1.img');
    copyFileSync(someLibrary(), pages);
    const call = { env: { LD_PRELOAD: pages } };
    const env = { ...call.env, CATCH: '1' };
    const { stdout } = await run(t, join(folder, '..'), ['0'], { env });
    assert.match(stdout, /memory of this process is mapped from the image in .*; name another directory/);
    await checkpoint(t, [], call);
  });
});

function isNamed(wanted: string): (finding: { readonly name: string }) => boolean {
  return ({ name }) => name === wanted;
}

/** A shared library that every process can load. */
function someLibrary(): string {
  const { sharedObjects } = process.report.getReport() as { readonly sharedObjects: readonly string[] };
  const found = sharedObjects.find((path) => /\/libgcc_s\.so/.test(path));
  assert.ok(found);
  return found;
}

/** The reason to skip a test that needs io_uring, or false when Node may use it here. */
function needsIoUring(): string | false {
  return loadBinding().probe().ioUring ? false : 'needs a kernel that lets Node use io_uring';
}

function list(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort();
  } catch {
    return [];
  }
}
