import assert from 'node:assert/strict';
import { connect, type LookupFunction } from 'node:net';
import { test } from 'node:test';
import {
  CheckpointException,
  CheckpointOpenFileException,
  CheckpointOpenResourceException,
  CracException,
  isCracException,
  RestoreException,
} from 'node-crac';
import { cracError, describeError } from '#dist/errors.js';

test('the exceptions are errors with a name and a code', () => {
  const error = new CheckpointException();
  assert.ok(error instanceof CracException && error instanceof Error);
  assert.equal(error.name, 'CheckpointException');
  assert.equal(error.code, 'ERR_CRAC_CHECKPOINT_FAILED');
  assert.equal(new RestoreException().code, 'ERR_CRAC_RESTORE_FAILED');
  assert.match(String(error.stack), /^CheckpointException: The checkpoint failed/);
});

test('an exception names all of its causes in one text', () => {
  const error = new CheckpointException([new TypeError('one'), new Error('two\nlines')], ['db', null]);
  assert.equal(
    error.message,
    'The checkpoint failed and the process runs on, for 2 reasons:\n  1. [db] TypeError: one\n  2. Error: two\n     lines',
  );
});

test('an exception with a single cause has it as its cause', () => {
  const cause = new Error('one');
  assert.equal(new CheckpointException([cause]).cause, cause);
});

/** Resolves every name to two addresses of this machine, at whose first port nobody listens. */
const twoAddresses: LookupFunction = (_host, _options, tell) =>
  tell(null, [
    { address: '127.0.0.1', family: 4 },
    { address: '127.0.0.2', family: 4 },
  ]);

test('a cause without a message of its own is told by its members', async () => {
  const refused = await new Promise<Error>((resolve) => {
    const socket = connect({ host: 'nowhere.test', port: 1, lookup: twoAddresses, autoSelectFamily: true });
    socket.on('error', resolve);
  });
  assert.deepEqual([refused.name, refused.message], ['AggregateError', '']);
  assert.match(
    new RestoreException([refused], ['db']).message,
    /: \[db\] AggregateError: connect ECONNREFUSED 127\.0\.0\.1:1; connect ECONNREFUSED 127\.0\.0\.2:1$/,
  );
});

test('a cause that fails at being read does not hide the others', () => {
  const unreadable = Object.defineProperty(new Error(), 'message', {
    get() {
      throw new Error('not for you');
    },
  });
  const { message, errors } = new CheckpointException([unreadable, new Error('two')]);
  assert.match(message, /1\. an error that cannot be read\n {2}2\. Error: two$/);
  assert.equal(errors.length, 2);
});

test('isCracException() knows the errors of another copy of the package', async () => {
  const other = await import(`${import.meta.resolve('#dist/exceptions.js')}?copy`);
  const error = new other.CheckpointException([]);
  assert.equal(error instanceof CracException, false);
  assert.equal(isCracException(error), true);
  assert.equal(isCracException(new Error('other')), false);
  assert.equal(isCracException(undefined), false);
});

test('an open file is an open resource whose details say what is known', () => {
  const details = { fd: 21, kind: 'file', target: '/tmp/a', path: '/tmp/a', advice: 'close it' };
  const error = cracError('ERR_CRAC_OPEN_FILE', details);
  assert.ok(error instanceof CheckpointOpenFileException && error instanceof CheckpointOpenResourceException);
  assert.deepEqual(error.details, details);
  assert.equal(error.message, 'Descriptor 21 (file /tmp/a) is open and cannot travel in an image: close it.');
});

test('a described error survives JSON with its causes', () => {
  const inner = cracError('ERR_CRAC_CHILD_PROCESS', { pid: 7, command: 'sleep' }, new Error('deep'));
  const described = JSON.parse(
    JSON.stringify(describeError(new CheckpointException([inner, new Error('two')]))),
  );
  assert.equal(described.code, 'ERR_CRAC_CHECKPOINT_FAILED');
  assert.deepEqual(described.errors[0].details, { pid: 7, command: 'sleep' });
  assert.equal(described.errors[0].cause.message, 'deep');
  assert.equal(described.errors[1].name, 'Error');
});

test('an error that leads to itself and details that are no JSON are described too', () => {
  const error = Object.assign(new Error('circle'), { details: { big: 1n } });
  error.cause = error;
  assert.equal(describeError(error).details, '[object Object]');
  assert.equal(describeError('text').message, 'text');
});
