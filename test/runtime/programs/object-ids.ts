/**
 * Makes object ids, in the main thread or in a worker. Argument: how the library is loaded. The management is loaded last: only the preload can
 * have offered its hooks.
 */
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { importLibrary, requireLibrary } from '../../support/library.js';

interface Library {
  ObjectId: new () => { toHexString(): string };
}

const loaders: Readonly<Record<string, () => Library | Promise<Library>>> = {
  'bson by require': () => requireLibrary('bson'),
  'bson by import': () => importLibrary('bson'),
  mongodb: () => requireLibrary('mongodb'),
};

if (!isMainThread) {
  const makeIds = await load(workerData);
  parentPort?.on('message', () => parentPort?.postMessage(makeIds())).postMessage('ready');
} else {
  const [way = '', where] = process.argv.slice(2);
  const makeIds = where === 'worker' ? await inWorker(way) : await load(way);
  const { checkpoint } = await import('../../support/program.js');
  await checkpoint();
  for (const id of await makeIds()) process.stdout.write(`${id}\n`);
  process.exit();
}

/** Ids begin with the seconds of the clock, which differ between copies by chance. */
async function load(way: string): Promise<() => string[]> {
  const { ObjectId } = (await loaders[way]?.()) ?? {};
  if (ObjectId === undefined) throw new Error(`There is no way "${way}".`);
  const makeIds = (): string[] => Array.from({ length: 20 }, () => new ObjectId().toHexString().slice(8));
  makeIds();
  return makeIds;
}

async function inWorker(way: string): Promise<() => Promise<string[]>> {
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: way });
  await once(worker, 'message');
  return async () => {
    // A worker that was busy at the checkpoint follows when it next turns to its event loop.
    worker.postMessage('turn');
    await once(worker, 'message');
    worker.postMessage('go');
    return (await once(worker, 'message'))[0];
  };
}
