/** Workers from before answer after, keep their state, can be ended, and new ones can be started. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { isMainThread, MessageChannel, type MessagePort, parentPort, Worker } from 'node:worker_threads';
import { checkpoint, pass } from '../../support/program.js';

if (isMainThread) await main();
else answer();

async function main(): Promise<void> {
  const workers = Array.from({ length: 3 }, () => new Worker(new URL(import.meta.url)));
  for (const worker of workers) assert.deepEqual(await ask(worker, 'first'), ['first']);
  const channel = new MessageChannel();
  workers[0]?.postMessage({ port: channel.port2 }, [channel.port2]);
  channel.port1.postMessage('queued');

  await checkpoint();

  assert.deepEqual((await once(channel.port1, 'message'))[0], 'echo queued');
  channel.port1.close();
  for (const worker of workers) assert.deepEqual(await ask(worker, 'second'), ['first', 'second']);
  const fresh = new Worker(new URL(import.meta.url));
  assert.deepEqual(await ask(fresh, 'only'), ['only']);
  for (const worker of [...workers, fresh]) assert.equal(await worker.terminate(), 1);
  pass();
}

async function ask(worker: Worker, question: string): Promise<unknown> {
  worker.postMessage(question);
  return (await once(worker, 'message'))[0];
}

function answer(): void {
  const heard: string[] = [];
  parentPort?.on('message', (message: string | { port: MessagePort }) => {
    if (typeof message === 'object') {
      message.port.on('message', (text: string) => message.port.postMessage(`echo ${text}`));
      return;
    }
    heard.push(message);
    parentPort?.postMessage(heard);
  });
}
