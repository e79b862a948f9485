import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { Context } from 'node-crac';
import { createHeap } from '#dist/runtime/heap.js';
import { createRehearsal, createRuntime, RUNTIME_RESOURCES } from '#dist/runtime/runtime.js';
import { setFlag } from '#dist/runtime/v8-flags.js';
import { continued } from '../core/recorder.js';
import { ALL, services } from './services.js';

const restored = { ...continued, restored: true, cwd: process.cwd() };

/** The resources of Node over a heap that only writes down what it is asked for. */
function createRecorded(): { runtime: Context; log: string[] } {
  const log: string[] = [];
  const heap = {
    compact: async () => void log.push('compact'),
    tidy() {},
    setIncrementalMarking: (on: boolean) => void log.push(`marking ${on}`),
  };
  return { runtime: createRuntime(services({ heap }), ALL), log };
}

/** A clock that only `tick` moves. node:test has one, which warns that it is experimental on Node 20 and 22. */
function stopTime(t: TestContext): { tick(milliseconds: number): void } {
  const { setTimeout, clearTimeout } = globalThis;
  const due = new Map<object, { at: number; call: () => void }>();
  let now = 0;
  const set = (call: () => void, delay: number): object => {
    const timer = { unref: () => timer };
    due.set(timer, { at: now + delay, call });
    return timer;
  };
  Object.assign(globalThis, { setTimeout: set, clearTimeout: (timer: object) => due.delete(timer) });
  t.after(() => Object.assign(globalThis, { setTimeout, clearTimeout }));
  return {
    tick(milliseconds) {
      now += milliseconds;
      for (const [timer, { at, call }] of due) {
        if (at > now) continue;
        due.delete(timer);
        call();
      }
    },
  };
}

test('garbage is collected, finalizers run and free memory is given back before an image', async () => {
  const asked: string[] = [];
  const heap = createHeap({
    trim: () => void asked.push('trim'),
    gather: (on) => void asked.push(`gather ${on}`),
  });
  const runtime = createRuntime(services({ heap }), ALL);
  const finalized: string[] = [];
  const registry = new FinalizationRegistry((held: string) => finalized.push(held));
  (() => registry.register({ bytes: new Array(1e6).fill(0) }, 'garbage'))();
  await runtime.beforeCheckpoint();
  assert.deepEqual(finalized, ['garbage']);
  assert.deepEqual(asked, ['gather true', 'trim', 'gather false']);
  await runtime.afterRestore(undefined, continued);
});

test('V8 begins no collection by itself in the first second after a restore', async (t) => {
  const time = stopTime(t);
  const { runtime, log } = createRecorded();
  await runtime.beforeCheckpoint();
  assert.deepEqual(log, ['marking false', 'compact']);
  await runtime.afterRestore(undefined, restored);
  time.tick(1000);
  time.tick(999);
  assert.equal(log.length, 2);
  time.tick(1);
  assert.equal(log.at(-1), 'marking true');
});

test('another checkpoint within that second begins anew', async (t) => {
  const time = stopTime(t);
  const { runtime, log } = createRecorded();
  await runtime.beforeCheckpoint();
  await runtime.afterRestore(undefined, restored);
  await runtime.beforeCheckpoint();
  time.tick(2000);
  assert.equal(log.at(-1), 'compact');
});

test('a process that was not restored may collect at once', async () => {
  const { runtime, log } = createRecorded();
  await runtime.beforeCheckpoint();
  await runtime.afterRestore(undefined, continued);
  assert.equal(log.at(-1), 'marking true');
});

test('a rehearsal of a restore changes nothing', async () => {
  const env = { ...process.env } as Record<string, string>;
  const present = { cwd: process.cwd(), argv: [...process.argv], pid: process.pid };
  const rehearsal = createRehearsal(
    services({
      heap: createHeap({ trim: () => assert.fail('memory was given back'), gather: () => assert.fail() }),
    }),
    ALL,
    undefined,
  );
  await rehearsal.beforeCheckpoint();
  const brought = { env, cwd: '.', hasArgs: true, args: process.argv.slice(2) };
  await rehearsal.afterRestore(undefined, { ...restored, ...brought });
  await rehearsal.beforeCheckpoint();
  await rehearsal.afterRestore(undefined, continued);
  assert.deepEqual({ ...process.env }, env);
  assert.deepEqual({ cwd: process.cwd(), argv: process.argv, pid: process.pid }, present);
});

test('a flag that the program was started with keeps its value', (t) => {
  const isOn = (): boolean => runInNewContext('typeof gc') === 'function';
  setFlag('expose-gc', true);
  assert.equal(isOn(), true);
  process.execArgv.push('--expose_gc');
  t.after(() => process.execArgv.pop());
  setFlag('expose-gc', false);
  assert.equal(isOn(), true);
  process.execArgv.pop();
  setFlag('expose-gc', false);
  assert.equal(isOn(), false);
  process.execArgv.push('--noexpose-gc');
  setFlag('expose-gc', true);
  assert.equal(isOn(), false);
});

test('the resources of Node have names and memory is the last of them', () => {
  const names = RUNTIME_RESOURCES.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  assert.equal(names.at(-1), 'memory');
});

test('a resource that is added to those of Node is told before them', async () => {
  const { runtime, log } = createRecorded();
  runtime.register({ beforeCheckpoint: () => void log.push('added'), afterRestore() {} });
  assert.ok(runtime instanceof Context);
  await runtime.beforeCheckpoint();
  assert.equal(log[0], 'added');
});
