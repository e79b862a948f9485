/**
 * Workers hold a secret of a file, and one of a function. Arguments: the files of both, and what is done at each SIGUSR2: `checkpoint`, `continue` (a
 * checkpoint that keeps the process running), `prepare`, `resume`; `block` has the first worker hear nothing any more. The answer is a line, with the
 * secrets where they are there.
 */
import { once } from 'node:events';
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Secret } from 'node-crac';
import { prepare, resume } from 'node-crac/management';
import { checkpoint } from '../../support/program.js';

if (isMainThread) await main();
else await work();

async function main(): Promise<void> {
  const [first = '', second = '', ...words] = process.argv.slice(2);
  const timeout = words.includes('block') ? 1000 : 60_000;
  const workers = [{ file: first }, { function: second }].map(
    (source) => new Worker(new URL(import.meta.url), { workerData: source }),
  );
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const actions: Readonly<Record<string, () => Promise<unknown>>> = {
    block: async () => workers[0]?.postMessage('block'),
    checkpoint: () => checkpoint(),
    continue: () => checkpoint({ keepRunning: true }),
    prepare: () => prepare({ timeout }),
    resume: () => resume({}),
  };
  process.on('SIGUSR2', async () => {
    const word = words.shift() ?? '';
    try {
      await actions[word]?.();
      const values = /prepare|block/.test(word) ? [] : await Promise.all(workers.map(ask));
      process.stdout.write(`${['done', word, ...values].join(' ')}\n`);
    } catch (error) {
      process.stdout.write(`refused ${word}: ${(error as Error).message.replaceAll('\n', ' ')}\n`);
    }
  });
  process.stdout.write('ready\n');
}

async function ask(worker: Worker): Promise<string> {
  worker.postMessage('value');
  return (await once(worker, 'message'))[0];
}

async function work(): Promise<void> {
  const { file, function: path } = workerData;
  const secret = file === undefined ? await Secret.from(() => readUnpooled(path)) : Secret.fromFile(file);
  parentPort?.on('message', (word: string) => {
    if (word === 'block') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    parentPort?.postMessage(secret.read().toString());
  });
  parentPort?.postMessage('ready');
}

/** All memory that it takes is what it returns. */
function readUnpooled(path: string): Uint8Array {
  const bytes = new Uint8Array(statSync(path).size);
  const fd = openSync(path, 'r');
  readSync(fd, bytes);
  closeSync(fd);
  return bytes;
}
