import assert from 'node:assert/strict';
import { realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { Context, getGlobalContext, onRestore, type RestoreInfo } from 'node-crac';
import { createCheckpointSimulator } from 'node-crac/testing';

/** A pool of a library under test. */
class Pool {
  isOpen = true;
  region = '';
  readonly restores: RestoreInfo[] = [];

  async beforeCheckpoint(): Promise<void> {
    this.isOpen = false;
  }

  async afterRestore(_context: Context, info: RestoreInfo): Promise<void> {
    this.isOpen = true;
    this.region = process.env['REGION'] ?? '';
    this.restores.push(info);
  }
}

test('a resource of the global context is told of a simulated restore, with what it brought', async (t) => {
  const simulator = createCheckpointSimulator();
  t.after(() => simulator.reset());
  const pool = new Pool();
  t.after(() => registration.unregister());
  const registration = getGlobalContext().register(pool);
  const cwd = realpathSync(tmpdir());
  const info = await simulator.checkpointRestore({
    args: ['--port', '8080'],
    env: { REGION: 'eu' },
    cwd,
    directory: '/image',
    frozenMs: 86_400_000,
  });
  assert.equal(pool.isOpen, true);
  assert.equal(pool.region, 'eu');
  assert.deepEqual(process.argv.slice(2), ['--port', '8080']);
  assert.deepEqual({ ...process.env }, { REGION: 'eu' });
  assert.equal(process.cwd(), cwd);
  const { restored, args, hasArgs, generation, frozenMs, directory } = info;
  assert.deepEqual(
    { restored, args, hasArgs, generation, frozenMs, directory },
    {
      restored: true,
      args: ['--port', '8080'],
      hasArgs: true,
      generation: 1,
      frozenMs: 86_400_000,
      directory: '/image',
    },
  );
  assert.equal(pool.restores[0], info);
});

test('reset() puts arguments, environment, working directory and generation back', async () => {
  const before = { argv: [...process.argv], env: { ...process.env }, cwd: process.cwd() };
  const simulator = createCheckpointSimulator({ context: new Context() });
  for (const generation of [1, 2, 3]) {
    const info = await simulator.checkpointRestore({ args: [], env: {}, cwd: '/' });
    assert.equal(info.generation, generation);
  }
  simulator[Symbol.dispose]();
  assert.deepEqual({ argv: [...process.argv], env: { ...process.env }, cwd: process.cwd() }, before);
  const { generation } = await simulator.checkpointRestore();
  assert.equal(generation, 1);
  simulator.reset();
});

test('without anything brought the process keeps what it has', async () => {
  const context = new Context();
  const pool = new Pool();
  context.register(pool);
  const simulator = createCheckpointSimulator({ context });
  const { argv, env } = { argv: [...process.argv], env: { ...process.env } };
  const { restored, hasArgs, cwd } = await simulator.checkpointRestore();
  assert.deepEqual({ restored, hasArgs, cwd }, { restored: true, hasArgs: false, cwd: process.cwd() });
  assert.deepEqual([process.argv, { ...process.env }], [argv, env]);
  simulator.reset();
});

test('a simulated failure is undone and carries all reasons', async () => {
  const context = new Context();
  const pool = new Pool();
  context.register(pool);
  context.register({
    beforeCheckpoint() {
      throw new Error('not now');
    },
    afterRestore() {},
  });
  const simulator = createCheckpointSimulator({ context });
  await assert.rejects(simulator.checkpointRestore({ failure: new Error('disk full') }), (error) => {
    assert.ok(error instanceof Error && 'errors' in error);
    assert.equal(error.name, 'CheckpointException');
    assert.deepEqual(
      (error.errors as readonly Error[]).map(({ message }) => message),
      ['not now', 'disk full'],
    );
    return true;
  });
  assert.equal(pool.isOpen, true);
  assert.deepEqual(
    pool.restores.map(({ restored }) => restored),
    [false],
  );
});

test('a resource that fails after the restore is told of by a RestoreException', async () => {
  const context = new Context();
  context.register({
    beforeCheckpoint() {},
    afterRestore() {
      throw new Error('no database');
    },
  });
  const simulator = createCheckpointSimulator({ context });
  await assert.rejects(simulator.checkpointRestore(), { name: 'RestoreException' });
  simulator.reset();
});

test('the original goes on with keepRunning', async () => {
  const context = new Context();
  const pool = new Pool();
  context.register(pool);
  const { restored } = await createCheckpointSimulator({ context }).checkpointRestore({ keepRunning: true });
  assert.equal(restored, false);
  assert.equal(pool.isOpen, true);
});

test('a resource that is too slow misses the deadline of the checkpoint', async () => {
  const context = new Context();
  context.register({ beforeCheckpoint: () => new Promise(() => {}), afterRestore() {} }, { name: 'slow' });
  const simulator = createCheckpointSimulator({ context });
  await assert.rejects(simulator.checkpointRestore({ timeout: 50 }), {
    message: /beforeCheckpoint of slow did not end within the 50 ms of the checkpoint/,
  });
});

test('what onRestore() has registered begins with the arguments of the restore', async (t) => {
  const simulator = createCheckpointSimulator();
  t.after(() => simulator.reset());
  const begun: (readonly string[])[] = [];
  const registration = onRestore((args) => void begun.push(args));
  t.after(() => registration.unregister());
  await simulator.checkpointRestore({ args: ['main'] });
  assert.deepEqual(begun, [['main']]);
});
