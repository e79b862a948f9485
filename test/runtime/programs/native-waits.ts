/** Prints how long the threads of an addon waited, in milliseconds of the wall clock: across a checkpoint, and after it. */
import { createRequire } from 'node:module';
import { checkpoint, sleep } from '../../support/program.js';

interface Waits {
  start(milliseconds: number): void;
  results(): Readonly<Record<string, number>> | null;
}

const [addon = ''] = process.argv.slice(2);
const waits = createRequire(import.meta.url)(addon) as Waits;

waits.start(4000);
await checkpoint();
const during = await results();
waits.start(1000);
console.log(JSON.stringify([during, await results()]));

async function results(): Promise<Readonly<Record<string, number>>> {
  for (;;) {
    const found = waits.results();
    if (found !== null) return found;
    await sleep(20);
  }
}
