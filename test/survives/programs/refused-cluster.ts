/** A cluster is refused with the advice to checkpoint one process; it goes on, and can be checkpointed when its workers have ended. */
import assert from 'node:assert/strict';
import cluster from 'node:cluster';
import { once } from 'node:events';
import { checkpoint, pass } from '../../support/program.js';
import { assertRefused } from '../../support/refused.js';

if (cluster.isPrimary) await runPrimary();
else process.on('message', (message) => process.send?.(message));

async function runPrimary(): Promise<void> {
  const worker = cluster.fork();
  await once(worker, 'online');
  await assertRefused(
    'CheckpointOpenResourceException',
    new RegExp(`^Cluster worker ${worker.process.pid} .*--reuse-port`),
  );
  worker.send('still here');
  assert.equal((await once(worker, 'message'))[0], 'still here');
  worker.process.disconnect();
  worker.kill();
  await once(worker, 'exit');
  await checkpoint();
  pass();
}
