import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { type CpuAccount, createCpuTime } from '#dist/runtime/cpu-time.js';
import { assertPasses, checkpoint } from '../support/image.js';

describe('the processor time of a process', () => {
  const account = { name: 'first', user: 700, system: 300 };
  let generation = 0;
  const kernel: CpuAccount = {
    process: () => account.name,
    usage: (previous = { user: 0, system: 0 }) => ({
      user: account.user - previous.user,
      system: account.system - previous.system,
    }),
    resources: () => ({
      ...process.resourceUsage(),
      userCPUTime: account.user,
      systemCPUTime: account.system,
    }),
  };
  const target = { cpuUsage: kernel.usage, resourceUsage: kernel.resources };
  const cpuTime = createCpuTime(() => generation, kernel, target);

  const becomes = (name: string, user: number, system: number): void => {
    Object.assign(account, { name, user, system });
  };

  it('goes on in a process that goes on', () => {
    cpuTime.hold();
    becomes('first', 800, 300);
    assert.deepEqual(target.cpuUsage(), { user: 800, system: 300 });
  });

  it('goes on where the kernel begins anew, once for each image', () => {
    cpuTime.hold();
    generation += 1;
    becomes('second', 20, 10);
    assert.deepEqual(target.cpuUsage(), { user: 820, system: 310 });
    assert.deepEqual(target.cpuUsage({ user: 800, system: 300 }), { user: 20, system: 10 });
    assert.equal(target.resourceUsage().userCPUTime, 820);
    assert.equal(target.resourceUsage().systemCPUTime, 310);
    cpuTime.hold();
    generation += 1;
    becomes('third', 1, 2);
    assert.deepEqual(target.cpuUsage(), { user: 821, system: 312 });
  });

  it('is the same after a restore in which the process has stayed', () => {
    cpuTime.hold();
    generation += 1;
    becomes('third', 5, 5);
    assert.deepEqual(target.cpuUsage(), { user: 825, system: 315 });
  });
});

test('process.cpuUsage() never goes back, as counters of prom-client expect', async (t) => {
  const image = await checkpoint(t, 'runtime/programs/cpu-time');
  await assertPasses(t, image);
  await assertPasses(t, image);
});
