/** Threads of an addon that are at the edges of their memory go on. */
import { createRequire } from 'node:module';
import { checkpoint, pass } from '../../support/program.js';

interface Edges {
  start(): void;
  finish(): void;
}

const [addon = ''] = process.argv.slice(2);
const edges = createRequire(import.meta.url)(addon) as Edges;

edges.start();

await checkpoint();

edges.finish();
pass();
