import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkpoint, restore, startRestored } from '../support/image.js';

describe('how the restored process ends, seen by its parent', () => {
  const status = { signal: null, stdout: 'ready\n', stderr: '' };

  it('gives its exit status', async (t) => {
    const image = await checkpoint(t, 'survives/programs/ending');
    for (const code of [0, 1, 42, 255]) {
      assert.deepEqual(await restore(t, image, { args: ['exit', String(code)] }), { code, ...status });
    }
    assert.deepEqual(await restore(t, image, { args: ['natural'] }), { code: 0, ...status });
  });

  it('gives the signal that it sent itself', async (t) => {
    const image = await checkpoint(t, 'survives/programs/ending');
    for (const signal of ['SIGTERM', 'SIGKILL', 'SIGINT', 'SIGUSR2']) {
      const ended = await restore(t, image, { args: [signal] });
      assert.deepEqual(ended, { code: null, signal, stdout: 'ready\n', stderr: '' });
    }
    assert.equal((await restore(t, image, { args: ['abort'] })).signal, 'SIGABRT');
  });

  it('ends by a signal from outside', async (t) => {
    const image = await checkpoint(t, 'survives/programs/ending');
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const restored = startRestored(t, image, { args: ['wait'] });
      await restored.waitFor(/ready/);
      restored.child.kill(signal);
      assert.equal((await restored.ended).signal, signal);
    }
  });

  it('prints an uncaught error with its stack and fails', async (t) => {
    const ended = await restore(t, await checkpoint(t, 'survives/programs/ending'), { args: ['throw'] });
    assert.equal(ended.code, 1);
    assert.match(ended.stderr, /Error: thrown on purpose\n\s+at .*ending\.js:\d+/);
  });

  it('handles signals by its handlers from before and after', async (t) => {
    const image = await checkpoint(t, 'survives/programs/signals');
    const restored = startRestored(t, image);
    await restored.waitFor(/ready/);
    for (const signal of ['SIGUSR2', 'SIGHUP', 'SIGWINCH'] as const) {
      restored.child.kill(signal);
      await restored.waitFor(new RegExp(signal));
    }
    restored.child.kill('SIGINT');
    assert.deepEqual(await restored.ended, {
      code: 0,
      signal: null,
      stdout: 'ready\nSIGUSR2\nSIGHUP\nSIGWINCH\nSIGINT after 3\n',
      stderr: '',
    });
    const second = startRestored(t, image);
    await second.waitFor(/ready/);
    second.child.kill('SIGTERM');
    assert.equal((await second.ended).code, 7);
  });
});
