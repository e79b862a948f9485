import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAttendance, type WorkerResource, type WorkerServices } from '#dist/runtime/in-worker.js';
import {
  createWorkerGate,
  HEARD,
  type News,
  OPEN,
  PREPARED,
  SETTLED,
  WAITING,
  type Word,
} from '#dist/runtime/worker-gate.js';
import { continued } from '../core/recorder.js';

const news: News = { info: { ...continued, restored: true }, pid: 7 };

interface Room {
  readonly log: string[];
  readonly attend: (word: Word) => void;
}

/** A worker that hears `later` while it waits. */
function createRoom(later: Word[] = [], broken = ''): Room {
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
    timeZoneChanged() {},
    localeChanged() {},
    warn: (sentence) => void log.push(sentence),
  };
  const resources = [resource('one'), { name: 'elsewhere' }, resource('two'), resource('off')];
  return { log, attend: createAttendance(resources, services, () => later.shift()) };
}

function prepareWord(gate: Int32Array): Word {
  return { kind: 'prepare', gate, env: { HOME: '/' }, off: new Set(['off']) };
}

test('a worker that waits adopts what is new before it goes on', () => {
  const gate = new Int32Array(new SharedArrayBuffer(20));
  const { log, attend } = createRoom([{ kind: 'go', news }]);
  attend(prepareWord(gate));
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
  for (const word of [prepareWord(gate), { kind: 'wait' }, { kind: 'go', news }] as const) attend(word);
  assert.deepEqual(log.slice(2), ['after one 7', 'after two 7']);
});

test('a worker that was told of no checkpoint does not wait', () => {
  createRoom().attend({ kind: 'wait' });
});

test('what fails in a worker is said, and the rest goes on', () => {
  const { log, attend } = createRoom([], 'one');
  attend(prepareWord(new Int32Array(new SharedArrayBuffer(20))));
  attend({ kind: 'go', news });
  assert.deepEqual(log.slice(2), ['one: no', 'after two 7']);
});

test('the main thread waits for no worker that is busy, and for none at all when there are none', () => {
  const words: Word[] = [];
  const gate = createWorkerGate(
    () => ({ postMessage: (word) => void words.push(word), unref() {}, close() {} }),
    new Set(),
    () => 0,
  );
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
});

test('the main thread waits for workers that are preparing themselves, and says when it is too late to begin', async () => {
  const words: Word[] = [];
  const gate = createWorkerGate(
    () => ({ postMessage: (word) => void words.push(word), unref() {}, close() {} }),
    new Set(),
    () => 1,
  );
  await gate.settle();
  gate.prepare();
  const [word] = words;
  assert.ok(word?.kind === 'prepare');
  const settled = gate.settle().then(() => Atomics.load(word.gate, PREPARED));
  assert.equal(word.gate[SETTLED], 0);
  setTimeout(() => Atomics.add(word.gate, HEARD, 1), 5);
  setTimeout(() => Atomics.add(word.gate, PREPARED, 1), 200);
  assert.equal(await settled, 1);
  assert.equal(word.gate[SETTLED], 1);
});

test('a worker that was too busy to hear of the checkpoint hears of the restore', () => {
  const words: Word[] = [];
  const gate = createWorkerGate(
    () => ({ postMessage: (word) => void words.push(word), unref() {}, close() {} }),
    new Set(),
    () => 1,
  );
  gate.prepare();
  gate.release(news);
  assert.deepEqual(
    words.map(({ kind }) => kind),
    ['prepare', 'go'],
  );
});
