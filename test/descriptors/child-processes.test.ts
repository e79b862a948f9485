import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { childProcesses } from '#dist/descriptors/child-processes.js';

test('a child process is found while it runs, referenced or not', async () => {
  for (const unreferenced of [false, true]) {
    const child = spawn('sleep', ['60'], { stdio: 'ignore' });
    await once(child, 'spawn');
    if (unreferenced) child.unref();
    assert.deepEqual(childProcesses(), [{ pid: child.pid, command: 'sleep' }]);
    child.ref();
    child.kill();
    await once(child, 'exit');
    assert.deepEqual(childProcesses(), []);
  }
});
