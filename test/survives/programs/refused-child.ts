/** A child process is refused by its name or PID; the process goes on and can be checkpointed without it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { checkpoint, pass } from '../../support/program.js';
import { assertRefused } from '../../support/refused.js';

const child = spawn('cat', { stdio: ['pipe', 'pipe', 'inherit'] });
await once(child, 'spawn');

await assertRefused('CheckpointOpenResourceException', new RegExp(`child process.*\\b${child.pid}\\b`, 'is'));

child.stdin.end('still here');
assert.equal(String((await once(child.stdout, 'data'))[0]), 'still here');
await once(child, 'close');
await checkpoint();
pass();
