/** A child process without pipes is refused as well. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { checkpoint, pass } from '../../support/program.js';
import { assertRefused } from '../../support/refused.js';

const child = spawn('sleep', ['60'], { stdio: 'ignore' });
await once(child, 'spawn');

await assertRefused('CheckpointOpenResourceException', new RegExp(`child process.*\\b${child.pid}\\b`, 'is'));

child.kill();
assert.deepEqual(await once(child, 'exit'), [null, 'SIGTERM']);
await checkpoint();
pass();
