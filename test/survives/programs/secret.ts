/**
 * Holds a secret of each kind and checkpoints; the restored process has the restorer's. Arguments: a file with a secret, and `plain` for a program
 * that keeps the variable's value in a string.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { SHARE_ENV, Worker } from 'node:worker_threads';
import { Secret } from 'node-crac';
import { checkpoint, pass } from '../../support/program.js';

const [file = '', how] = process.argv.slice(2);
const plain = how === 'plain' ? { password: process.env['TEST_PASSWORD'] } : undefined;
if (how === 'assigned') process.env['TEST_PASSWORD'] = `${process.env['TEST_PASSWORD']}`;
if (how === 'assigned by a worker') {
  const assign = "process.env.TEST_PASSWORD += ''";
  await once(new Worker(assign, { eval: true, env: SHARE_ENV }), 'exit');
}
const secrets = plain === undefined ? [Secret.fromEnvironment('TEST_PASSWORD'), Secret.fromFile(file)] : [];
assert.equal('TEST_PASSWORD' in process.env, plain !== undefined);
const lengths = secrets.map((secret) => secret.use((bytes) => bytes.length));
const digest = Secret.from(async () => Buffer.from('computed'));
assert.equal((await digest).read().length, 8);

const { restored } = await checkpoint(how === 'running' ? { keepRunning: true } : {});

if (how === 'running' && !restored) {
  assert.deepEqual(
    secrets.map((secret) => secret.read().length),
    lengths,
  );
} else if (plain === undefined && how !== 'again') {
  const values = secrets.map((secret) => secret.read().toString());
  assert.deepEqual(values, ['restored-password', 'restored-file']);
}
assert.equal((await digest).read().toString(), 'computed');
if (how === 'again' && process.env['CRAC_CHECKPOINT_TO'] !== undefined) await checkpoint();
assert.notEqual(plain?.password, '');
pass();
