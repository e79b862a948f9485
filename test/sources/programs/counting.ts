/**
 * Watches a file that counts generations. Arguments: the file, milliseconds between two looks, and whether it is to `prepare` itself. At SIGHUP it asks
 * a thousand times for the generation and says whether each has taken a call of read(2); at SIGUSR2 it is checkpointed, or prepared. Everything that the
 * source does is said.
 */
import { readFileSync } from 'node:fs';
import { prepare } from 'node-crac/management';
import { watchGenerationFile } from 'node-crac/sources';
import { checkpoint, sleep } from '../../support/program.js';

const [file = '', interval = '5', how] = process.argv.slice(2);
const source = watchGenerationFile(file, {
  interval: Number(interval),
  onEvent: ({ kind, error }) => console.log(`event ${kind} ${error?.message ?? ''}`),
});

process.on('SIGHUP', () => {
  const before = countReads();
  let generation: number | undefined;
  for (let i = 0; i < 1000; i += 1) generation = source.generation;
  const reads = countReads() - before;
  console.log(`asked ${generation} ${reads < 1000 ? 'without reading' : 'reading'}`);
});
process.on('SIGUSR2', async () => {
  if (how === 'prepare') return prepare().then(() => say('prepared'));
  await checkpoint();
  while (source.generation === undefined) await sleep(5);
  say('restored');
});
setInterval(() => {}, 1000);
say('ready');

function say(word: string): void {
  console.log(`${word} ${source.isMapped ? 'mapped' : 'unmapped'} ${source.generation}`);
}

function countReads(): number {
  return Number(/syscr: (\d+)/.exec(readFileSync('/proc/self/io', 'latin1'))?.[1]);
}
