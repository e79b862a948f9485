import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CheckpointException, Context, type RestoreException } from 'node-crac';
import { concealedMemory } from '#dist/core/concealed-memory.js';
import { describeError } from '#dist/errors.js';
import { NO_CONNECTIONS } from '#dist/runtime/connections/connections.js';
import { createAttendance, type WorkerResource, type WorkerServices } from '#dist/runtime/in-worker.js';
import type { Answer } from '#dist/runtime/worker-answers.js';
import {
  createWorkerGate,
  HEARD,
  type News,
  OPEN,
  PREPARED,
  SETTLED,
  WAITING,
  type Word,
  type WorkerGate,
} from '#dist/runtime/worker-gate.js';
import { continued } from '../core/recorder.js';

const news: News = { info: { ...continued, restored: true }, pid: 7 };

interface Room {
  readonly log: string[];
  readonly attend: (word: Word) => void;
}

/** A worker that hears `later` while it waits. */
function createRoom(later: Word[] = [], broken = '', context?: Context): Room {
  const log: string[] = [];
  const resource = (name: string): WorkerResource => ({
    name,
    inWorker: () => ({
      beforeCheckpoint: ({ HOME }) => void log.push(`before ${name} ${HOME}`),
      afterRestore({ pid }) {
        if (name === broken) throw new TypeError('no');
        log.push(`after ${name} ${pid}`);
      },
    }),
  });
  const services: WorkerServices = {
    thread: 1,
    answer: ({ kind }) => void (kind === 'returned' && log.push(kind)),
    context: () => context,
    connections: () => NO_CONNECTIONS,
    advise: () => new Map(),
    async quiesce() {},
    timeZoneChanged() {},
    localeChanged() {},
    warn: (sentence) => void log.push(sentence),
  };
  const resources = [resource('one'), { name: 'elsewhere' }, resource('two'), resource('off')];
  return { log, attend: createAttendance(resources, services, () => later.shift()) };
}

function prepareWord(gate: Int32Array): Word {
  return { kind: 'prepare', gate, env: { HOME: '/' }, off: new Set(['off']), drainTimeout: undefined };
}

test('a worker that waits adopts what is new before it goes on', async () => {
  const gate = new Int32Array(new SharedArrayBuffer(20));
  const { log, attend } = createRoom([{ kind: 'go', news }]);
  attend(prepareWord(gate));
  await turn();
  assert.equal(gate[PREPARED], 1);
  gate[OPEN] = 1;
  attend({ kind: 'wait' });
  assert.equal(gate[WAITING], 1);
  assert.deepEqual(log, ['before one /', 'before two /', 'after one 7', 'after two 7']);
});

test('a worker that comes late adopts it in its turn', () => {
  const gate = new Int32Array(new SharedArrayBuffer(20));
  const { log, attend } = createRoom();
  gate[OPEN] = 1;
  gate[SETTLED] = 1;
  for (const word of [prepareWord(gate), { kind: 'wait' }, { kind: 'go', news }] as const) attend(word);
  assert.deepEqual(log.slice(2), ['after one 7', 'after two 7']);
});

test('a worker that was told of no checkpoint does not wait', () => {
  createRoom().attend({ kind: 'wait' });
});

test('what fails in a worker is said, and the rest goes on', async () => {
  const { log, attend } = createRoom([], 'one');
  attend(prepareWord(new Int32Array(new SharedArrayBuffer(20))));
  await turn();
  attend({ kind: 'go', news });
  assert.deepEqual(log.slice(2), ['one: no', 'after two 7']);
});

test('the main thread waits for no worker that is busy, and for none at all when there are none', async () => {
  const { gate, words } = createGate(0);
  gate.hold();
  gate.prepare();
  gate.hold();
  assert.deepEqual(
    words.map(({ kind }) => kind),
    ['prepare'],
  );
  const [word] = words;
  if (word?.kind === 'prepare') Atomics.add(word.gate, PREPARED, 1);
  gate.hold();
  gate.release(news);
  gate.release(news);
  assert.deepEqual(
    words.map(({ kind }) => kind),
    ['prepare', 'wait', 'go'],
  );
  assert.equal(word?.kind === 'prepare' && word.gate[OPEN], 1);
  assert.equal(gate.returning(), undefined);
});

test('where there are no workers the gate is opened and nothing is said', () => {
  const { gate, words } = createGate(0);
  gate.prepare();
  gate.hold();
  assert.equal(gate.releaseNobody(), true);
  const [word, ...others] = words;
  assert.equal(word?.kind === 'prepare' && word.gate[OPEN], 1);
  assert.deepEqual(others, []);
});

test('a worker that was there, or heard of the checkpoint since, has to be told', () => {
  const busy = createGate(1);
  busy.gate.prepare();
  busy.gate.hold();
  assert.equal(busy.gate.releaseNobody(), false);
  const late = createGate(0);
  late.gate.prepare();
  late.gate.hold();
  const [word] = late.words;
  if (word?.kind === 'prepare') Atomics.add(word.gate, HEARD, 1);
  assert.equal(late.gate.releaseNobody(), false);
});

test('the main thread waits for workers that are preparing themselves, and says when it is too late to begin', async () => {
  const { gate, words, answer } = createGate(1);
  await gate.settle(never);
  gate.prepare();
  const [word] = words;
  assert.ok(word?.kind === 'prepare');
  let isPrepared = false;
  const settled = gate.settle(never).then(() => isPrepared);
  assert.equal(word.gate[SETTLED], 0);
  setTimeout(() => {
    Atomics.add(word.gate, HEARD, 1);
    answer({ kind: 'begun', thread: 1, takesPart: false });
  }, 5);
  setTimeout(() => {
    isPrepared = true;
    answer({ kind: 'prepared', thread: 1, advice: [[7, 'close it']] });
  }, 200);
  assert.equal(await settled, true);
  assert.equal(word.gate[SETTLED], 1);
  assert.deepEqual([...gate.advice()], [[7, 'close it']]);
});

test('a worker that was too busy to hear of the checkpoint hears of the restore', () => {
  const { gate, words } = createGate(1);
  gate.prepare();
  gate.release(news);
  assert.deepEqual(
    words.map(({ kind }) => kind),
    ['prepare', 'go'],
  );
});

test('the main thread waits until resources in workers are back, and no longer for workers that are gone', async () => {
  const { gate, words, answer } = createGate(2);
  gate.prepare();
  const [word] = words;
  assert.ok(word?.kind === 'prepare');
  for (const thread of [1, 2]) {
    Atomics.add(word.gate, HEARD, 1);
    answer({ kind: 'begun', thread, takesPart: true });
    answer({ kind: 'prepared', thread, advice: [] });
  }
  await gate.settle(never);
  assert.equal(gate.returning(), undefined);
  gate.release(news);
  const returning = gate.returning();
  assert.ok(returning);
  const failure = describeError(new CheckpointException([new RangeError('no')], ['pool']));
  answer({ kind: 'gone', thread: 2 });
  setTimeout(answer, 20, { kind: 'returned', thread: 1, failure });
  await assert.rejects(returning, (error: RestoreException) => {
    assert.deepEqual(error.details.resources, ['worker thread 1 > pool']);
    assert.equal(error.errors[0]?.name, 'RangeError');
    return true;
  });
});

test('secrets of a worker are concealed from the time when it is prepared, and zeroed when it is gone', () => {
  const { gate, answer } = createGate(1);
  gate.prepare();
  const secrets = new Uint8Array(new SharedArrayBuffer(2)).fill(7);
  answer({ kind: 'prepared', thread: 1, advice: [], secrets });
  assert.ok(concealedMemory().includes(secrets));
  answer({ kind: 'gone', thread: 1 });
  assert.ok(!concealedMemory().includes(secrets));
  assert.deepEqual([...secrets], [0, 0]);
});

test('what a worker has not yet taken back is left to it', () => {
  const { gate, answer } = createGate(1);
  gate.prepare();
  const secrets = new Uint8Array(new SharedArrayBuffer(2)).fill(7);
  answer({ kind: 'prepared', thread: 1, advice: [], secrets });
  gate.release({ ...news, info: continued });
  gate.prepare();
  assert.ok(!concealedMemory().includes(secrets));
  assert.deepEqual([...secrets], [7, 7]);
});

test("resources of the program in a worker are told of a restore after what is Node.js's", async () => {
  const context = new Context();
  const { log, attend } = createRoom([], '', context);
  context.register({
    beforeCheckpoint: () => void log.push('before'),
    afterRestore: (_context, info) => void log.push(`after ${info.restored}`),
  });
  attend(prepareWord(new Int32Array(new SharedArrayBuffer(20))));
  await turn();
  attend({ kind: 'go', news });
  await turn();
  assert.deepEqual(log, [
    'before',
    'before one /',
    'before two /',
    'after one 7',
    'after two 7',
    'after true',
    'returned',
  ]);
});

const never = new AbortController().signal;

function createGate(count: number): {
  readonly gate: WorkerGate;
  readonly words: Word[];
  readonly answer: (answer: Answer) => void;
} {
  const words: Word[] = [];
  let answer = (_answer: Answer): void => {};
  const gate = createWorkerGate(
    {
      openWords: () => ({ postMessage: (word) => void words.push(word), unref() {}, close() {} }),
      openAnswers(hear) {
        answer = hear;
        return { close() {} };
      },
      count: () => count,
      joined: () => new Set(),
      drainTimeout: () => undefined,
    },
    new Set(),
  );
  return { gate, words, answer: (said) => answer(said) };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
