import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { Context, type RestoreInfo } from 'node-crac';
import type { Changes } from '#dist/runtime/changes.js';
import { createIdentity } from '#dist/runtime/identity.js';
import { continued } from '../core/recorder.js';
import { services } from './services.js';

const before = {
  argv: [...process.argv],
  env: { ...process.env } as Record<string, string>,
  cwd: process.cwd(),
};

const kernelPid = process.pid;

async function restore(info: Partial<RestoreInfo>, changes?: Changes): Promise<void> {
  const context = new Context();
  const whole = { ...continued, restored: true, cwd: before.cwd, ...info };
  const notice = { signal: new AbortController().signal };
  const identity = createIdentity(services({ pid: () => kernelPid, changes: () => changes }));
  await identity.beforeCheckpoint(context, notice);
  await identity.afterRestore(context, whole, notice);
}

beforeEach(() => {
  process.env['CRAC_TEST_OLD'] = 'old';
});

afterEach(() => restore({ env: before.env, args: before.argv.slice(2), hasArgs: true }));

test('process.env keeps its identity and holds what the restorer has, and what the program has set itself', async () => {
  const { env } = process;
  await restore({ env: { PATH: '/bin', CRAC_TEST_NEW: 'new' } });
  assert.equal(process.env, env);
  assert.deepEqual({ ...env }, { PATH: '/bin', CRAC_TEST_NEW: 'new', CRAC_TEST_OLD: 'old' });
});

test('a new TZ is the time zone at once', async () => {
  await restore({ env: { TZ: 'Asia/Tokyo' } });
  assert.equal(new Date(0).getHours(), 9);
  await restore({ env: { TZ: 'UTC' } });
  assert.equal(new Date(0).getHours(), 0);
});

test('a restore that brings no environment keeps the old one', async () => {
  await restore({});
  assert.equal(process.env['CRAC_TEST_OLD'], 'old');
});

test('arguments replace those behind the script, also by none at all', async () => {
  const { argv } = process;
  await restore({ hasArgs: true, args: ['a', '--b'] });
  assert.equal(process.argv, argv);
  assert.deepEqual(argv, [...before.argv.slice(0, 2), 'a', '--b']);
  await restore({ hasArgs: true, args: [] });
  assert.deepEqual(argv, before.argv.slice(0, 2));
});

test('without arguments the old ones stay', async () => {
  await restore({ hasArgs: true, args: ['a'] });
  await restore({ hasArgs: false });
  assert.equal(process.argv[2], 'a');
});

test('process.pid is the number that the kernel gives', async () => {
  Object.defineProperty(process, 'pid', { value: 1, writable: true, enumerable: true, configurable: true });
  await restore({});
  assert.equal(process.pid, kernelPid);
  assert.deepEqual(Object.getOwnPropertyDescriptor(process, 'pid'), {
    value: kernelPid,
    writable: true,
    enumerable: true,
    configurable: true,
  });
});

test('the working directory follows', async () => {
  await restore({ cwd: '/' });
  assert.equal(process.cwd(), '/');
  await restore({ cwd: before.cwd });
});

test('a process that was not restored keeps who it is', async () => {
  await restore({ restored: false, env: {}, hasArgs: true, args: ['a'], cwd: '/' });
  assert.equal(process.env['CRAC_TEST_OLD'], 'old');
  assert.deepEqual(process.argv, before.argv);
  assert.equal(process.cwd(), before.cwd);
});

test('who knows what has changed is asked, and nobody else', async () => {
  const calls: string[] = [];
  const changes = {
    pid: 4711,
    moved: false,
    isThere: true,
    selfTest: false,
    isDebugging: false,
    hasSameResolvConf: true,
    hasSameOptions: true,
    namesAuthorities: false,
    adoptEnvironment: () => calls.push('environment') < 0,
  };
  await restore({ env: { PATH: '/bin' }, cwd: '/' }, changes);
  const seen = { pid: process.pid, cwd: process.cwd(), path: process.env['PATH'] };
  await restore({});
  assert.deepEqual(seen, { pid: 4711, cwd: before.cwd, path: before.env['PATH'] });
  assert.deepEqual(calls, ['environment']);
});
