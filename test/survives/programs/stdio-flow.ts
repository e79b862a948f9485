/** Moves data through the standard streams in the way that the first argument names. */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { Worker } from 'node:worker_threads';
import { checkpoint, sleep } from '../../support/program.js';

const { stdin, stdout, stderr } = process;
const [way = ''] = process.argv.slice(2);
const LINE = 'x'.repeat(99);

const WAYS: Record<string, () => Promise<void>> = {
  /** Ten million bytes as fast as the reader takes them, and how often it had to be waited for. */
  async much() {
    stdout.write('');
    await checkpoint();
    let waits = 0;
    for (let line = 0; line < 1e5; line += 1) {
      if (stdout.write(`${LINE}\n`)) continue;
      waits += 1;
      await once(stdout, 'drain');
    }
    stderr.write(`${waits > 10 ? 'waited' : `waited ${waits} times`}\n`);
  },

  /** More than a pipe holds, from before the checkpoint. */
  async pending() {
    for (let line = 0; line < 20_000; line += 1) stdout.write(`${line}\n`);
    let isWritten = false;
    stdout.write('last\n', () => {
      isWritten = true;
    });
    stderr.write(`pending ${stdout.writableLength > 0}\n`);
    await checkpoint();
    stdout.write('after\n');
    while (!isWritten) await sleep(1);
    stderr.write('written\n');
  },

  async 'broken pipe'() {
    stdout.on('error', ({ code }: NodeJS.ErrnoException) => stderr.write(`error ${code}\n`));
    await checkpoint();
    await sleep(200);
    for (let turn = 0; turn < 3; turn += 1) {
      stdout.write('nobody reads\n');
      await sleep(20);
    }
  },

  async 'broken before'() {
    stdout.on('error', () => {});
    await sleep(200);
    stdout.write('nobody reads\n');
    await sleep(20);
    await checkpoint();
    stdout.write('somebody reads\n');
  },

  /** Input that was read and not consumed, and then all the rest. */
  async unread() {
    stdin.once('readable', () => {});
    await once(stdin, 'readable');
    await checkpoint();
    let size = 0;
    let begin = '';
    for await (const chunk of stdin) {
      if (begin === '') begin = String(chunk).slice(0, 6);
      size += chunk.length;
    }
    console.log(`${begin.trim()} ${size}`);
  },

  /** A pipeline from input to output that is under way. */
  async pipeline() {
    const all = pipeline(stdin, stdout, { end: false });
    await sleep(100);
    await checkpoint();
    await all;
    stderr.write('end\n');
  },

  /** Input that is never touched before. */
  async untouched() {
    await checkpoint();
    const lines: string[] = [];
    for await (const line of createInterface({ input: stdin })) lines.push(line);
    console.log(lines.join('+'));
  },

  async worker() {
    const source = `
      const { parentPort, workerData } = require('node:worker_threads');
      console.log('worker before');
      parentPort.on('message', () => { console.log('worker after'); console.error('worker error'); parentPort.close(); });
      parentPort.postMessage('ready');`;
    const worker = new Worker(source, { eval: true });
    await once(worker, 'message');
    await sleep(50);
    await checkpoint();
    worker.postMessage('go');
    await once(worker, 'exit');
    await once(new Worker("console.log('new worker')", { eval: true }), 'exit');
  },

  /** Is checkpointed and runs on. */
  async 'keep running'() {
    const lines = createInterface({ input: stdin })[Symbol.asyncIterator]();
    console.log(`first ${(await lines.next()).value}`);
    await checkpoint({ keepRunning: true });
    console.log(`second ${(await lines.next()).value}`);
    console.log(`done ${(await lines.next()).done}`);
  },

  /** Is checkpointed again after a restore. */
  async again() {
    console.log('one', { isTTY: stdout.isTTY });
    stdin.resume();
    await checkpoint();
    console.log('two', { isTTY: stdout.isTTY, columns: stdout.columns });
    await checkpoint();
    console.log('three', { isTTY: stdout.isTTY, columns: stdout.columns });
    for await (const chunk of stdin) console.log(`read ${String(chunk).trim()}`);
  },
};

await WAYS[way]?.();
