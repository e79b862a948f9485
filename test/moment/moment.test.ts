import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCracException } from '#dist/errors.js';
import { describeMoment, type Moment, parseMoment } from '#dist/moment/moment.js';

const MOMENTS: Readonly<Record<string, Moment>> = {
  listening: { kind: 'listening' },
  idle: { kind: 'idle', time: 1000 },
  'idle=500ms': { kind: 'idle', time: 500 },
  'requests=100': { kind: 'requests', count: 100 },
  'http=/health?full=1': { kind: 'http', path: '/health?full=1' },
  'signal=SIGUSR2': { kind: 'signal', signal: 'SIGUSR2' },
  'after=10s': { kind: 'after', time: 10_000 },
  'after=1.5m': { kind: 'after', time: 90_000 },
  'exit-of=curl -s "http://x/?a=b"': { kind: 'exit-of', command: 'curl -s "http://x/?a=b"' },
};

for (const [text, moment] of Object.entries(MOMENTS)) {
  test(`"${text}" is a moment`, () => {
    assert.deepEqual(parseMoment(text), moment);
    assert.match(describeMoment(moment), /^\S.*[^.]$/);
  });
}

const NONSENSE = [
  '',
  'ready',
  'listening=1',
  'idle=',
  'idle=5',
  'requests',
  'requests=0',
  'requests=-1',
  'requests=1.5',
  'signal=SIGKILL',
  'signal=SIGSTOP',
];
for (const text of [...NONSENSE, 'http=health', 'signal=SIGNONE', 'signal=9', 'after=soon', 'exit-of= ']) {
  test(`"${text}" is none`, () => {
    assert.throws(
      () => parseMoment(text),
      (error) => isCracException(error) && error.message.includes(`"${text}"`),
    );
  });
}
