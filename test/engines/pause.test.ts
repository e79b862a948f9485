import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { programFile } from '../support/image.js';
import { crac } from '../support/paths.js';
import { scratch } from '../support/scratch.js';
import { type Ended, type Running, runToEnd, start } from '../support/start.js';

type Context = Parameters<typeof start>[0];

/** Number of the system call futex(2) on x86-64. */
const FUTEX = 202;

test('a process that waits sleeps while others call, and goes on when it is restored', async (t) => {
  const place = makePlace(t);
  const waiting = await paused(t, place);
  assert.equal((await call(place, 'nonsense\n')).awake, false);
  await asleep(waiting);
  const switches = contextSwitches(waiting.pid);
  const other = { id: 'another', args: [], hasArgs: false, env: {}, cwd: '/', startedAt: 0 };
  for (const text of ['nonsense\n', '{}\n', `${JSON.stringify(other)}\n`, `${'x'.repeat(100_000)}\n`]) {
    assert.equal((await call(place, text)).awake, false);
  }
  assert.equal(contextSwitches(waiting.pid), switches);
  const restored = await restore(t, place, '--', 'a', 'b');
  assert.deepEqual(restored, { code: 0, signal: null, stdout: '', stderr: '' });
  assert.deepEqual(await waiting.ended, {
    code: 5,
    signal: null,
    stdout: 'ready\nrestored a,b\n',
    stderr: '',
  });
  const again = await restore(t, place);
  assert.equal(again.code, 69);
  assert.match(
    again.stderr,
    /^crac: No process waits at .*: it has no file "pid", so its process was restored/,
  );
});

test('without native code: a process that was killed while it waited is said to be gone, and another can wait there', async (t) => {
  const place = makePlace(t, `a directory with a long name, ${'x'.repeat(80)}`, {
    CRAC_AGENT: '/nonexistent',
  });
  const core = join(place.directory, 'process.core');
  mkdirSync(place.directory, { mode: 0o700 });
  writeFileSync(core, 'an image of the native engine');
  const killed = await paused(t, place);
  assert.ok(!existsSync(core));
  killed.child.kill('SIGKILL');
  await killed.ended;
  const gone = await restore(t, place);
  assert.equal(gone.code, 69);
  assert.match(
    gone.stderr,
    new RegExp(`^crac: No process waits at .*: process ${killed.pid}, which .* is gone\\.`),
  );
  const waiting = await paused(t, place);
  const third = await attached(t, place);
  const refused = await checkpoint(t, place, third);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /another process waits there already/);
  assert.equal((await restore(t, place)).code, 0);
  assert.equal((await waiting.ended).code, 5);
  assert.deepEqual(readdirSync(place.directory).sort(), ['manifest.json', 'score', 'tags']);
});

test('a directory that others can change is not restored from', async (t) => {
  const place = makePlace(t);
  const { directory } = place;
  mkdirSync(directory, { mode: 0o700 });
  writeFileSync(join(directory, 'manifest.json'), '{}');
  chmodSync(directory, 0o777);
  const refused = await restore(t, place);
  assert.equal(refused.code, 77);
  assert.match(refused.stderr, /^crac: Cannot restore .*: other users can change it\./);
  const trusted = await restore(t, place, '--trust-owner');
  assert.equal(trusted.code, 65);
});

/** A place whose processes and commands find each other. */
interface Place {
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
}

function makePlace(t: Context, name = 'image', more: Record<string, string> = {}): Place {
  const folder = scratch(t);
  const PATH = `${dirname(process.execPath)}${delimiter}${process.env['PATH']}`;
  const env = { PATH, CRAC_RUNTIME_DIR: join(folder, 'control'), ...more };
  return { directory: join(folder, name), env };
}

/** Starts a program that can be asked for a checkpoint. */
async function attached(t: Context, { directory, env }: Place): Promise<Running> {
  const program = programFile('engines/programs/waits');
  const running = start(t, [crac, 'run', '--engine', 'pause', '--checkpoint-to', directory, program], {
    env,
  });
  await running.waitFor(/ready/);
  const socket = join(env['CRAC_RUNTIME_DIR'] ?? '', `${running.pid}.sock`);
  await until(running, () => existsSync(socket));
  return running;
}

async function paused(t: Context, place: Place): Promise<Running> {
  const running = await attached(t, place);
  assert.deepEqual(await checkpoint(t, place, running), {
    code: 0,
    signal: null,
    stdout: `OK: process ${running.pid} waits for its restore: crac restore ${place.directory}\n`,
    stderr: '',
  });
  return running;
}

function checkpoint(t: Context, { env }: Place, { pid }: Running): Promise<Ended> {
  return runToEnd(t, [crac, 'checkpoint', String(pid)], { env });
}

function restore(t: Context, { directory, env }: Place, ...args: readonly string[]): Promise<Ended> {
  return runToEnd(t, [crac, 'restore', directory, ...args], { env });
}

/** Calls the process that waits, as a restore does. */
async function call({ directory }: Place, text: string): Promise<{ readonly awake: boolean }> {
  const [, address = ''] = readFileSync(join(directory, 'pid'), 'utf8').split('\n');
  const socket = connect(address);
  let answer = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    answer += chunk;
  });
  socket.write(text);
  await once(socket, 'close');
  return JSON.parse(answer);
}

/** Waits until the main thread sleeps in futex(2). */
function asleep(running: Running): Promise<void> {
  const path = `/proc/${running.pid}/task/${running.pid}/syscall`;
  return until(running, () => readFileSync(path, 'utf8').startsWith(`${FUTEX} `));
}

/** How often the main thread was given a processor and left it. */
function contextSwitches(pid: number): string {
  const status = readFileSync(`/proc/${pid}/task/${pid}/status`, 'utf8');
  return status.match(/^(?:non)?voluntary_ctxt_switches:.*$/gm)?.join() ?? assert.fail(status);
}

/** The process is ended when its time is over, and then this ends, too. */
async function until({ child }: Running, condition: () => boolean): Promise<void> {
  while (!condition()) {
    assert.ok(child.exitCode === null && child.signalCode === null, 'The process has ended.');
    await sleep(5);
  }
}
