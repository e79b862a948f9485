import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type RestoreInfo, Secret } from 'node-crac';
import { scratch } from '../support/scratch.js';
import { createFake, found } from './fake.js';

describe('a process that was prepared', () => {
  it('goes on as the original when nobody resumes it within its deadline, and says so', async () => {
    const fake = createFake();
    const told = new Promise<RestoreInfo>((resolve) => {
      fake.context.register({ beforeCheckpoint() {}, afterRestore: (_context, info) => resolve(info) });
    });
    await fake.manager.prepare({ deadline: 1 });
    assert.equal((await told).restored, false);
    assert.match(fake.log[0] ?? '', /^warning: .* nobody resumed it within 1 ms: it goes on as the original/);
    await assert.rejects(fake.manager.resume({}), { code: 'ERR_CRAC_NOT_PREPARED' });
    await fake.manager.checkpoint();
  });

  it('says what could not follow when it goes on by itself', async () => {
    const warnings: string[] = [];
    let hasFailed = (): void => {};
    const failed = new Promise<void>((resolve) => {
      hasFailed = resolve;
    });
    const warn = (sentence: string): void => {
      warnings.push(sentence);
      if (warnings.length === 2) hasFailed();
    };
    const fake = createFake({ parts: { warn } });
    fake.context.register(
      {
        beforeCheckpoint() {},
        afterRestore() {
          throw new Error('no network');
        },
      },
      { name: 'db' },
    );
    await fake.manager.prepare({ deadline: 1 });
    await failed;
    assert.match(warnings[1] ?? '', /\[db\] Error: no network/);
  });

  it('has no deadline where that is infinite, and refuses one that is none', async () => {
    const { manager } = createFake();
    await assert.rejects(manager.prepare({ deadline: 0 }), { code: 'ERR_CRAC_INVALID_ARGUMENT' });
    await manager.prepare({ deadline: Number.POSITIVE_INFINITY });
    assert.equal(manager.isPrepared(), true);
    await manager.resume();
    assert.equal(manager.isPrepared(), false);
  });

  it('refuses what cannot be brought before anybody is told, and stays prepared', async () => {
    const { context, log, manager } = createFake();
    context.register({ beforeCheckpoint() {}, afterRestore: () => void log.push('told') });
    await manager.prepare();
    const wrong = [null, 'x', { args: 'x' }, { args: [1] }, { env: 1 }, { env: { A: 1 } }, { cwd: 5 }];
    for (const data of [...wrong, { directory: 3 }, { startedAt: 'x' }, { frozenMs: Number.NaN }]) {
      await assert.rejects(manager.resume(data as never), { code: 'ERR_CRAC_INVALID_ARGUMENT' });
      assert.equal(manager.isPrepared(), true);
    }
    assert.deepEqual(log, []);
    assert.equal((await manager.resume({})).restored, true);
  });

  it('renews random numbers before it tells anybody, however it goes on', async () => {
    const log: string[] = [];
    const { context, manager } = createFake({ parts: { renewRandomness: () => void log.push('renewed') } });
    context.register({ beforeCheckpoint() {}, afterRestore: () => void log.push('told') });
    await manager.prepare();
    await manager.resume({});
    await manager.prepare();
    await manager.resume();
    assert.deepEqual(log, ['renewed', 'told', 'renewed', 'told']);
  });

  it('has no secrets in its memory, and reads them again however it goes on', async (t) => {
    const path = join(scratch(t), 'password');
    writeFileSync(path, 'opensesame');
    const { context, manager } = createFake();
    const secret = Secret.fromFile(path, { context });
    const bytes = secret.read();
    await manager.prepare();
    assert.deepEqual(bytes, Buffer.alloc('opensesame'.length));
    assert.throws(() => secret.read(), { code: 'ERR_CRAC_SECRET_UNAVAILABLE' });
    await manager.resume();
    assert.equal(secret.read().toString(), 'opensesame');
    writeFileSync(path, 'abracadabra');
    await manager.prepare();
    await manager.resume({});
    assert.equal(secret.read().toString(), 'abracadabra');
  });

  it('keeps its secrets where that is asked for, and where it could not be prepared', async (t) => {
    const path = join(scratch(t), 'password');
    writeFileSync(path, 'opensesame');
    const errors: Error[] = [];
    const { context, manager } = createFake({ parts: { inspect: () => found(errors) } });
    const bytes = Secret.fromFile(path, { context }).read();
    await manager.prepare({ keepSecrets: true });
    assert.equal(bytes.toString(), 'opensesame');
    await manager.resume();
    errors.push(new Error('open'));
    await assert.rejects(manager.prepare(), /open/);
    assert.equal(bytes.toString(), 'opensesame');
  });
});
