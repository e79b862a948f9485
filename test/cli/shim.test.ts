import assert from 'node:assert/strict';
import { chmodSync, cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { crac } from '../support/paths.js';
import { scratch } from '../support/scratch.js';
import { type Ended, runToEnd } from '../support/start.js';

/** Makes a package whose launcher, command and preload only tell that and how they were started. */
function fakePackage(folder: string): string {
  mkdirSync(join(folder, 'bin'), { recursive: true });
  mkdirSync(join(folder, 'dist/cli'), { recursive: true });
  mkdirSync(join(folder, 'prebuilds/linux-x64'), { recursive: true });
  cpSync(crac, join(folder, 'bin/crac'));
  const launcher = join(folder, 'prebuilds/linux-x64/crac-launcher');
  writeFileSync(
    launcher,
    '#!/bin/sh\n[ "$1" != --start ] || { shift && exec "$@"; }\necho launcher "$$" "$@"\n',
  );
  chmodSync(launcher, 0o755);
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(join(folder, 'dist/cli/main.js'), 'console.log("command", ...process.argv.slice(2));');
  writeFileSync(join(folder, 'dist/register.js'), 'globalThis.isRegistered = true;');
  return join(folder, 'bin/crac');
}

function call(t: TestContext, command: string, args: readonly string[], cwd?: string): Promise<Ended> {
  return runToEnd(t, [command, ...args], { cwd });
}

const INSTALLATIONS: Readonly<Record<string, (folder: string) => string>> = {
  'called by its path': (folder) => fakePackage(folder),
  'called through node_modules/.bin': (folder) => {
    fakePackage(join(folder, 'node_modules/node-crac'));
    mkdirSync(join(folder, 'node_modules/.bin'));
    symlinkSync('../node-crac/bin/crac', join(folder, 'node_modules/.bin/crac'));
    return join(folder, 'node_modules/.bin/crac');
  },
  'called through a global prefix': (folder) => {
    fakePackage(join(folder, 'lib/node_modules/node-crac'));
    mkdirSync(join(folder, 'bin'));
    symlinkSync('../lib/node_modules/node-crac/bin/crac', join(folder, 'bin/crac'));
    return join(folder, 'bin/crac');
  },
  'called through a chain of links under another name': (folder) => {
    symlinkSync(fakePackage(join(folder, 'package')), join(folder, 'first'));
    symlinkSync('first', join(folder, 'thaw'));
    return join(folder, 'thaw');
  },
};

for (const [name, install] of Object.entries(INSTALLATIONS)) {
  test(`the command ${name} finds its package, with spaces and signs in the path`, async (t) => {
    const folder = join(scratch(t), 'my 100% "own" #1 folder?');
    mkdirSync(folder);
    const command = install(folder);
    const restored = await call(t, command, ['restore', '--eager', 'a dir', '--', 'x  y']);
    assert.match(restored.stdout, /^launcher \d+ --eager a dir -- x {2}y\n$/);
    assert.equal((await call(t, command, ['inspect', 'a dir'])).stdout, 'command inspect a dir\n');
    const program = join(folder, 'app.cjs');
    writeFileSync(
      program,
      'console.log(globalThis.isRegistered, process.env.CRAC_CHECKPOINT_TO, process.argv.slice(2))',
    );
    const run = await call(
      t,
      command,
      ['run', '--checkpoint-to', 'an image', program, '--name', 'b c'],
      folder,
    );
    assert.equal(run.stderr, '');
    const image = `${folder.replaceAll('%', '%%')}/an image`;
    assert.equal(run.stdout, `true ${image} [ '--name', 'b c' ]\n`);
  });
}

test('a relative path, PATH and the current folder lead to the package too', async (t) => {
  const folder = scratch(t);
  fakePackage(folder);
  const calls: [string, string][] = [
    ['bin/crac', folder],
    ['./crac', join(folder, 'bin')],
    ['../bin/crac', join(folder, 'dist')],
  ];
  for (const [command, cwd] of calls) {
    assert.equal((await call(t, command, ['ps'], cwd)).stdout, 'command ps\n', command);
    assert.equal((await call(t, command, ['run', '-p', 'isRegistered'], cwd)).stdout, 'true\n', command);
  }
  const env = { PATH: `${folder}/bin:${process.env['PATH']}` };
  assert.equal((await runToEnd(t, ['sh', '-c', 'crac ps'], { env })).stdout, 'command ps\n');
});

test('restore and run keep the pid of the command', async (t) => {
  const command = fakePackage(scratch(t));
  const restored = await runToEnd(t, ['sh', '-c', `echo $$; exec "${command}" restore d`]);
  const [pid, launcher] = restored.stdout.split('\n');
  assert.equal(launcher, `launcher ${pid} d`);
  const run = await runToEnd(t, ['sh', '-c', `echo $$; exec "${command}" run -p process.pid`]);
  const [shell, node] = run.stdout.split('\n');
  assert.equal(node, shell);
});

test('run takes its options in both forms and leaves those of Node alone', async (t) => {
  const folder = scratch(t);
  const command = fakePackage(folder);
  const script = 'process.env.CRAC_CHECKPOINT_TO + " " + process.env.CRAC_NAME + " " + process.title';
  const forms = [
    ['--checkpoint-to=/an image', '--name=n 1'],
    ['--name', 'n 1', '--checkpoint-to', '/an image'],
  ];
  for (const form of forms) {
    const { stdout } = await call(t, command, ['run', ...form, '--title=other', '-p', script]);
    assert.equal(stdout, '/an image n 1 other\n');
  }
});

test('exit codes and signals of the program are those of the command', async (t) => {
  const command = fakePackage(scratch(t));
  assert.equal((await call(t, command, ['run', '-e', 'process.exit(7)'])).code, 7);
  assert.equal(
    (await call(t, command, ['run', '-e', 'process.kill(process.pid, "SIGTERM")'])).signal,
    'SIGTERM',
  );
});

test('what is missing is said in one sentence', async (t) => {
  const folder = scratch(t);
  mkdirSync(join(folder, 'bin'));
  cpSync(crac, join(folder, 'bin/crac'));
  const command = join(folder, 'bin/crac');
  const cases: [string[], number, RegExp][] = [
    [['restore', 'd'], 69, /^crac: Cannot restore: .*crac-launcher is missing\. .*\n$/],
    [['ps'], 69, /^crac: .* is not built: run npm run build there\.\n$/],
    [['run'], 64, /^crac: Cannot run: name the program to start, .*\n$/],
    [['run', '--warm-up', 'true', 'x.js'], 64, /^crac: Cannot run: .* need --checkpoint-to DIR\.\n$/],
    [['run', '--keep-running', 'x.js'], 64, /^crac: Cannot run: --keep-running belongs to .*\n$/],
    [['run', '--checkpoint-to', '', 'x.js'], 64, /--checkpoint-to of crac run needs a directory, not ''/],
    [['run', '--checkpoint-to', '--name', 'n', 'x.js'], 64, /needs a directory, not '--name'/],
    [['run', '--restore-from=', 'x.js'], 64, /--restore-from of crac run needs a directory, not ''/],
    [['run', '--warm-up', '', 'x.js'], 64, /^crac: Option --warm-up of crac run needs a value\.\n$/],
    [['run', '--checkpoint-when=', 'x.js'], 64, /--checkpoint-when of crac run needs a value/],
    [['run', '--name'], 64, /^crac: Option --name of crac run needs a value\.\n$/],
  ];
  for (const [args, code, message] of cases) {
    const ended = await call(t, command, args);
    assert.equal(ended.code, code);
    assert.match(ended.stderr, message);
  }
});
