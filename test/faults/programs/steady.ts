/**
 * Checkpoints itself and, restored, says `restored` and its first argument. When the checkpoint fails it proves that it
 * still works, prints `refused`, the code of the first cause and its sentence, and exits with status 3.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { checkpoint } from '../../support/program.js';

const [label = '', megabytes = '1'] = process.argv.slice(2);
const ballast = Array.from({ length: Number(megabytes) }, () => randomFillSync(Buffer.alloc(1 << 20)));
const copies = ballast.map((bytes) => bytes.subarray(0, 64).toString('hex'));
const echo =
  "const { parentPort: p } = require('node:worker_threads'); p.on('message', (m) => p.postMessage(m));";
const worker = new Worker(echo, { eval: true });
await once(worker, 'online');

try {
  await checkpoint();
  await assertWorks();
  process.stdout.write(`restored ${label}\n`);
} catch (error) {
  await assertWorks();
  const failure = error as Error & { code?: string; errors?: readonly (Error & { code?: string })[] };
  const cause = failure.errors?.[0] ?? failure;
  process.stdout.write(`refused ${cause.code}: ${cause.message}\n`);
  process.exitCode = 3;
}
await worker.terminate();

async function assertWorks(): Promise<void> {
  worker.postMessage(label);
  assert.deepEqual(await once(worker, 'message'), [label]);
  assert.deepEqual(
    ballast.map((bytes) => bytes.subarray(0, 64).toString('hex')),
    copies,
  );
  assert.equal(execFileSync('echo', ['works'], { encoding: 'utf8' }), 'works\n');
  assert.ok((await readFile(new URL(import.meta.url))).length > 100);
}
