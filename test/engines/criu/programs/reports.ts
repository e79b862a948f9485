/**
 * Checkpoints itself, and tells what it finds afterwards. Its first argument says how it ends: an exit code, `wait`, or `again` for another
 * checkpoint to `AGAIN`.
 */
import { randomUUID } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { checkpointRestore } from 'node-crac/management';

const { WITH_WORKER: withWorker, CATCH: isCatching, AGAIN: second, KEEP: kept } = process.env;
const worker = withWorker
  ? new Worker('require("node:worker_threads").parentPort.on("message", () => process.exit(5))', {
      eval: true,
    })
  : undefined;
if (worker) await new Promise((resolve) => worker.once('online', resolve));

let info = await checkpointRestore({ keepRunning: kept !== undefined }).catch((error: unknown) => {
  if (!isCatching || !(error instanceof AggregateError || error instanceof Error)) throw error;
  process.stdout.write(`${error.message}\n`);
  process.exit(0);
});
if (process.argv[2] === 'again' && second !== undefined) {
  process.stdout.write(`${second}\n`);
  info = await checkpointRestore({ directory: second });
}
const found = {
  restored: info.restored,
  generation: info.generation,
  pid: process.pid,
  args: process.argv.slice(2),
  greeting: process.env['GREETING'],
  cwd: process.cwd(),
  directory: info.directory,
  random: [Math.random(), randomUUID(), crypto.getRandomValues(new Uint32Array(4)).join()],
  isTerminal: process.stdout.isTTY === true,
};
process.stdout.write(`${JSON.stringify(found)}\n`);
if (worker) {
  worker.postMessage('end');
  await new Promise((resolve) => worker.once('exit', resolve));
}
if (process.argv[2] === 'wait') setInterval(() => {}, 1000);
else process.exitCode = Number(process.argv[2] ?? 0);
