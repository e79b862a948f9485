import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { Context, isCracException, Secret } from 'node-crac';
import { concealedMemory, setAsideConcealed, takeBackConcealed } from '#dist/core/concealed-memory.js';
import { scratch } from '../support/scratch.js';
import { continued } from './recorder.js';

const restored = { ...continued, restored: true };

/** An error of a secret that cannot be read, for this reason. */
function unavailable(reason: RegExp) {
  return (error: unknown): boolean =>
    isCracException(error) && error.code === 'ERR_CRAC_SECRET_UNAVAILABLE' && reason.test(error.message);
}

test('a variable is taken out of the environment and its bytes are kept', () => {
  process.env['CRAC_TEST_SECRET'] = 'grün';
  const secret = Secret.fromEnvironment('CRAC_TEST_SECRET', { context: new Context() });
  assert.equal(process.env['CRAC_TEST_SECRET'], undefined);
  assert.deepEqual([...secret.read()], [...Buffer.from('grün')]);
  assert.throws(() => Secret.fromEnvironment('CRAC_TEST_SECRET'), unavailable(/CRAC_TEST_SECRET is not set/));
});

test('a file is read without the line break at its end, and again after a restore', async (t) => {
  const path = join(scratch(t), 'secret');
  writeFileSync(path, 'first\n');
  const context = new Context();
  const secret = Secret.fromFile(path, { context });
  assert.equal(secret.read().toString(), 'first');
  await context.beforeCheckpoint();
  writeFileSync(path, 'the second one');
  await context.afterRestore(undefined, restored);
  assert.equal(secret.read().toString(), 'the second one');
  assert.throws(() => Secret.fromFile(`${path}.missing`), unavailable(/missing cannot be read \(ENOENT\)/));
});

test('a pipe is read to its end, and not what is more than a secret', (t) => {
  const path = join(scratch(t), 'pipe');
  spawnSync('mkfifo', [path]);
  const feed = (script: string): void => void spawn('sh', ['-c', `(${script}) > "$0"`, path]);
  feed("printf fir; sleep 0.1; printf 'st\\n'");
  assert.equal(Secret.fromFile(path, { context: new Context() }).use(String), 'first');
  feed('head -c 65537 /dev/zero');
  assert.throws(() => Secret.fromFile(path), unavailable(/more than 65536 bytes/));
});

test('what a function gives is asked for again, and zeroed where it came in bytes', async () => {
  const context = new Context();
  const given: Buffer[] = [];
  const load = async (): Promise<Buffer> => {
    given.push(Buffer.from(`value ${given.length}`));
    return given.at(-1) ?? Buffer.alloc(0);
  };
  const secret = await Secret.from(load, { context, name: 'token' });
  assert.equal(secret.use(String), 'value 0');
  await context.beforeCheckpoint();
  await context.afterRestore(undefined, restored);
  assert.equal(secret.use(String), 'value 1');
  assert.deepEqual(given, [Buffer.alloc(7), Buffer.alloc(7)]);
});

test('what is no value is refused without being shown, and no secret is left of it', async () => {
  const context = new Context();
  const refused = { code: 'ERR_CRAC_INVALID_ARGUMENT' };
  await assert.rejects(Secret.from(undefined as never, { context }), refused);
  for (const value of [1234, null, { token: 1234 }]) {
    const failure = await Secret.from(() => value as never, { context }).catch((error) => error);
    assert.equal(failure.code, 'ERR_CRAC_INVALID_ARGUMENT');
    assert.doesNotMatch(failure.message, /1234/);
  }
  assert.equal(context.size, 0);
});

test('nobody reads it while the process is checkpointed, and a process that goes on has it still', async () => {
  const context = new Context();
  const secret = await Secret.from(() => 'value', { context });
  await context.beforeCheckpoint();
  assert.throws(() => secret.read(), unavailable(/the process is being checkpointed/));
  await context.afterRestore(undefined, continued);
  assert.equal(secret.read().toString(), 'value');
});

test('one that cannot be read again says so until it can', async (t) => {
  const path = join(scratch(t), 'secret');
  writeFileSync(path, 'value');
  const context = new Context();
  const secret = Secret.fromFile(path, { context });
  await context.beforeCheckpoint();
  const gone = `${path}.gone`;
  spawnSync('mv', [path, gone]);
  await assert.rejects(async () => context.afterRestore(undefined, restored), /cannot be read \(ENOENT\)/);
  assert.throws(() => secret.read(), unavailable(/it could not be read again after the restore/));
  spawnSync('mv', [gone, path]);
  await context.beforeCheckpoint();
  await context.afterRestore(undefined, restored);
  assert.equal(secret.read().toString(), 'value');
});

test('its bytes are known to the engine until it is disposed of', async () => {
  const context = new Context();
  const before = concealedMemory().length;
  const secret = await Secret.from(() => 'value', { context });
  const bytes = concealedMemory().at(-1);
  assert.deepEqual(Buffer.from(bytes ?? []).toString(), 'value');
  secret.dispose();
  assert.deepEqual([...(bytes ?? [])], [0, 0, 0, 0, 0]);
  assert.deepEqual([concealedMemory().length, context.size], [before, 0]);
  assert.throws(() => secret.read(), unavailable(/it was disposed of/));
});

test('printing it shows its name', async () => {
  const secret = await Secret.from(() => 'value', { context: new Context(), name: 'token' });
  const shown = [`${secret}`, JSON.stringify({ secret }), inspect(secret)];
  assert.deepEqual(shown.slice(0, 2), ['[Secret token]', '{"secret":"[Secret token]"}']);
  assert.doesNotMatch(shown.join(), /value/);
});

test('the environment that the kernel shows of the process is wiped before a checkpoint', () => {
  const program = `
    import { Context, Secret } from 'node-crac';
    import { readFileSync } from 'node:fs';
    const context = new Context();
    Secret.fromEnvironment('TEST_SECRET', { context });
    await context.beforeCheckpoint();
    process.stdout.write(readFileSync('/proc/self/environ'));`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    env: { BEFORE: 'x', TEST_SECRET: 'swordfish', AFTER: 'y' },
    encoding: 'latin1',
  });
  assert.deepEqual(stdout.split('\0').filter(Boolean), ['BEFORE=x', 'TEST_SECRET=', 'AFTER=y']);
  assert.ok(readFileSync('/proc/self/environ').length > 0);
});

test('what is set aside comes back, but for what was disposed of meanwhile', async () => {
  const context = new Context();
  const [kept, disposed] = [
    await Secret.from(() => 'kept', { context }),
    await Secret.from(() => 'gone', { context }),
  ];
  const bytes = [kept.read(), disposed.read()];
  const aside = setAsideConcealed();
  assert.ok(aside);
  assert.deepEqual(bytes, [Buffer.alloc(4), Buffer.alloc(4)]);
  disposed.dispose();
  takeBackConcealed(aside);
  assert.deepEqual(bytes, [Buffer.from('kept'), Buffer.alloc(4)]);
  assert.ok(aside.shared.every((byte) => byte === 0));
});

test('what was wiped while it was set aside is read again', async () => {
  const context = new Context();
  let value = 'first';
  const secret = await Secret.from(() => value, { context });
  await context.beforeCheckpoint();
  const aside = setAsideConcealed();
  assert.ok(aside);
  aside.shared.fill(0);
  takeBackConcealed(aside);
  value = 'second';
  await context.afterRestore(undefined, continued);
  assert.equal(secret.read().toString(), 'second');
});
