import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CheckpointOpenFileException,
  CheckpointOpenResourceException,
  CheckpointOpenSocketException,
} from 'node-crac';
import { inspectProcess } from '#dist/descriptors/inspect-process.js';
import type { OpenDescriptor } from '#dist/descriptors/open-descriptor.js';

const NO_RULES = { placeholders: [], policies: [] };

function inspectOne(descriptor: Partial<OpenDescriptor>): Error {
  const whole = { fd: 21, kind: 'other', target: 'anon_inode:[x]', travels: false, ...descriptor };
  const [error, ...others] = inspectProcess({ descriptors: [whole], children: [] }, NO_RULES).errors;
  assert.equal(others.length, 0);
  return error ?? assert.fail('It was not refused.');
}

test('what travels and what may stay open is no problem', () => {
  const descriptors = [
    { fd: 3, kind: 'epoll', target: 'anon_inode:[eventpoll]', travels: true },
    { fd: 21, kind: 'socket', target: 'socket:[7]', travels: false },
  ];
  assert.deepEqual(
    inspectProcess({ descriptors, children: [] }, { ...NO_RULES, placeholders: [21] }).errors,
    [],
  );
});

test('problems are listed by descriptor, child processes after them', () => {
  const descriptors = [30, 20].map((fd) => ({ fd, kind: 'file', target: `/tmp/${fd}`, travels: false }));
  const { errors } = inspectProcess(
    { descriptors, children: [{ pid: 9 }, { pid: 8, command: 'sleep' }] },
    NO_RULES,
  );
  assert.deepEqual(
    errors.map(({ message }) => message.replace(/(is open|is running).*/, '')),
    [
      'Descriptor 20 (file /tmp/20) ',
      'Descriptor 30 (file /tmp/30) ',
      'Child process 8 (sleep) ',
      'Child process 9 ',
    ],
  );
});

test('files, directories and fifos are open files with their path', () => {
  for (const kind of ['file', 'directory', 'fifo']) {
    const error = inspectOne({ kind, target: '/data/x' });
    assert.ok(error instanceof CheckpointOpenFileException);
    assert.equal(error.details.path, '/data/x');
    assert.equal(
      error.message,
      `Descriptor 21 (${kind} /data/x) is open and cannot travel in an image: close it in beforeCheckpoint and open it again in afterRestore.`,
    );
  }
});

test('a connection is an open socket with both of its ends', () => {
  const error = inspectOne({
    kind: 'socket',
    target: 'socket:[7]',
    protocol: 'tcp',
    localAddress: '127.0.0.1:40000',
    remoteAddress: '127.0.0.1:5432',
  });
  assert.ok(error instanceof CheckpointOpenSocketException);
  assert.match(
    error.message,
    /^Descriptor 21 \(tcp socket 127\.0\.0\.1:40000 -> 127\.0\.0\.1:5432\) .*end the connection/,
  );
});

test('a datagram socket is refused by the name of its module', () => {
  const error = inspectOne({
    kind: 'socket',
    protocol: 'udp',
    localAddress: '0.0.0.0:5353',
    remoteAddress: '',
  });
  assert.ok(error instanceof CheckpointOpenSocketException);
  assert.match(error.message, /\(udp socket 0\.0\.0\.0:5353\) .*node:dgram/);
});

test('an unnamed unix socket is shown by its inode', () => {
  const error = inspectOne({
    kind: 'socket',
    target: 'socket:[7]',
    protocol: 'unix',
    localAddress: '',
    remoteAddress: '',
  });
  assert.match(error.message, /\(unix socket socket:\[7\]\)/);
});

test('a pair of sockets is refused by what it holds', () => {
  const error = inspectOne({ kind: 'socketpair', target: 'socket:[8]', protocol: 'unix' });
  assert.ok(error instanceof CheckpointOpenSocketException);
  assert.match(error.message, /\(unix socketpair socket:\[8\]\) .*connects the process to itself/);
});

test('a file watcher is refused by the name of its function', () => {
  const error = inspectOne({ kind: 'inotify', target: 'anon_inode:inotify' });
  assert.ok(error instanceof CheckpointOpenResourceException);
  assert.ok(!(error instanceof CheckpointOpenFileException));
  assert.match(error.message, /\(inotify anon_inode:inotify\) .*fs\.watch\(\)/);
});

test('what nobody knows is ascribed to native code', () => {
  assert.match(inspectOne({ kind: 'other' }).message, /opened by a native addon/);
});
