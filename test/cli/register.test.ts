import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { repository } from '../support/paths.js';
import { type Ended, runToEnd } from '../support/start.js';
import { appears, call, makePlace, type Place, writeProgram } from './support.js';

type Context = Parameters<typeof runToEnd>[0];

const register = `${repository}dist/register.js`;
const preload = ['--import', pathToFileURL(register).href];

function node(
  t: Context,
  place: Place,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Ended> {
  return runToEnd(t, [process.execPath, ...args], { env: { ...place.env, ...env }, timeout: 20_000 });
}

const PROGRAMS: Readonly<Record<string, string>> = {
  'ends by itself': 'console.log("done")',
  'ends with a timer': 'setTimeout(() => console.log("done"), 100)',
  'sets an exit code': 'process.exitCode = 3',
  exits: 'setInterval(() => {}, 1000); setTimeout(() => process.exit(4), 50)',
  throws: 'throw new TypeError("no")',
  'rejects a promise': 'Promise.reject(new TypeError("no"))',
  'has an unsettled promise at its top level': 'await new Promise(() => {})',
  'kills itself': 'setTimeout(() => process.kill(process.pid, "SIGTERM"), 50); setInterval(() => {}, 1000)',
  'looks at itself':
    'console.log(process.getActiveResourcesInfo(), process.argv.length, process._getActiveHandles().length)',
};

for (const [name, text] of Object.entries(PROGRAMS)) {
  test(`a program that ${name} behaves as it does without the preload`, async (t) => {
    const place = makePlace(t);
    const program = writeProgram(place, 'app.mjs', text);
    const plain = await node(t, place, [program]);
    const attached = await node(t, place, [...preload, program]);
    assert.deepEqual(
      { ...attached, stderr: withoutPids(attached) },
      { ...plain, stderr: withoutPids(plain) },
    );
    if (attached.signal === null) assert.deepEqual(sockets(place), [], 'the socket is removed');
  });
}

/** A program that ends before its event loop turns makes not even the directory. */
function sockets(place: Place): readonly string[] {
  return existsSync(place.sockets) ? readdirSync(place.sockets) : [];
}

function withoutPids({ stderr }: Ended): string {
  return stderr.replaceAll(/\b\d{2,}\b/g, 'N');
}

test('it can be required as well', async (t) => {
  const place = makePlace(t);
  const program = writeProgram(
    place,
    'app.cjs',
    'setTimeout(() => console.log(fs.readdirSync(process.env.CRAC_RUNTIME_DIR).length), 500); const fs = require("node:fs")',
  );
  const ended = await node(t, place, ['--require', register, '--no-warnings', program]);
  assert.deepEqual([ended.stdout, ended.stderr], ['1\n', '']);
});

test('worker threads have no socket, child processes have their own', async (t) => {
  const place = makePlace(t);
  const program = writeProgram(
    place,
    'family.mjs',
    `import { fork } from 'node:child_process';
     import { readdirSync } from 'node:fs';
     import { Worker, isMainThread } from 'node:worker_threads';
     import { once } from 'node:events';
     if (isMainThread && process.argv[2] !== 'child') {
       const child = fork(process.argv[1], ['child']);
       await once(child, 'message');
       const worker = new Worker(new URL(import.meta.url));
       await once(worker, 'online');
       await new Promise((resolve) => setTimeout(resolve, 500));
       console.log(readdirSync(process.env.CRAC_RUNTIME_DIR).length, process.pid !== child.pid);
       child.disconnect();
       await worker.terminate();
     } else if (isMainThread) {
       process.on('message', () => {}).send('up');
     } else {
       setInterval(() => {}, 1000);
     }`,
  );
  const ended = await node(t, place, [program], { NODE_OPTIONS: preload.join('=') });
  assert.deepEqual([ended.code, ended.stdout, ended.stderr], [0, '2 true\n', '']);
});

test('cluster workers listen themselves', async (t) => {
  const place = makePlace(t);
  const program = writeProgram(
    place,
    'cluster.cjs',
    `const cluster = require('node:cluster');
     const { readdirSync } = require('node:fs');
     if (cluster.isPrimary) cluster.fork().on('message', (names) => { console.log(names); process.exit(0); });
     else setTimeout(() => process.send(readdirSync(process.env.CRAC_RUNTIME_DIR).includes(process.pid + '.sock')), 500);`,
  );
  const ended = await node(t, place, [...preload, program]);
  assert.deepEqual([ended.stdout, ended.stderr], ['true\n', '']);
});

test('a program that cannot be reached runs all the same, and says why on request', async (t) => {
  const place = makePlace(t);
  mkdirSync(place.sockets);
  chmodSync(place.sockets, 0o777);
  const program = writeProgram(place, 'app.mjs', 'setTimeout(() => console.log("done"), 500)');
  const silent = await node(t, place, [...preload, program]);
  assert.deepEqual([silent.code, silent.stdout, silent.stderr], [0, 'done\n', '']);
  const told = await node(t, place, [...preload, program], { CRAC_LOG: 'warn' });
  assert.equal(told.stdout, 'done\n');
  assert.match(told.stderr, /^crac: this process cannot be reached: Cannot keep control sockets in .*\n$/);
});

test('the package can be preloaded by its name from a folder that has it', async (t) => {
  const place = makePlace(t);
  const program = writeProgram(place, 'app.mjs', 'setInterval(() => {}, 1000); console.log("ready")');
  const { symlinkSync } = await import('node:fs');
  mkdirSync(`${place.folder}/node_modules`);
  symlinkSync(repository, `${place.folder}/node_modules/node-crac`);
  const { start } = await import('../support/start.js');
  const running = start(t, [process.execPath, '--import', 'node-crac/register', program], {
    env: place.env,
    cwd: place.folder,
  });
  await running.waitFor(/ready/);
  await appears(`${place.sockets}/${running.pid}.sock`);
  assert.equal(JSON.parse((await call(t, place, 'ps', '--json')).stdout)[0].name, 'app.mjs');
});
