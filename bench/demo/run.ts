/**
 * `npm run demo`: an unmodified Express server is started cold, warmed, written to disk, and brought back three times.
 *
 * Everything that is told was measured in this run. A wrong answer ends the demo with exit status 1.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { checkpointServer, RESTORERS, startServer } from '../engines/native.js';
import { bareEnvironment } from '../measure/environment.js';
import { findFreePort } from '../measure/free-port.js';
import { ask, load, waitForServer } from '../measure/http-load.js';
import { libraryLoad } from '../measure/library-load.js';
import { inRepository } from '../measure/paths.js';
import { makeScratch } from '../measure/scratch.js';
import { summarise } from '../measure/statistics.js';
import { time } from '../measure/stopwatch.js';
import { align, inDigits } from '../report/table.js';

const RUNS = 3;
const EMPTY_RUNS = 5;
const REQUESTS = 2000;
const PAGE = '/?q=kyoto';
const NEW_BOOK = { title: 'Ships of Kyoto', author: 'a visitor', year: 2020 };
const SERVER = inRepository('examples/express-server/server.js');

const node = process.execPath;

try {
  await demonstrate(makeScratch('demo'));
} catch (error) {
  say(`\nThe demo failed: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

/** The whole story. */
async function demonstrate(scratch: string): Promise<void> {
  const port = await findFreePort();
  const directory = join(scratch, 'image');
  say(`Node ${process.version}, examples/express-server on http://127.0.0.1:${port}\n`);

  const empty = await repeat(EMPTY_RUNS, 'node -e 0, to compare with', measureEmptyNode);
  const cold = await repeat(RUNS, 'cold start to first answer', () => measureColdStart(port));
  await writeImage(port, directory);
  const restored = await repeat(RUNS, 'restore to first answer', () => measureRestore(port, directory));

  const reference = summarise(cold).median;
  const rows = [
    ['', '', 'median', 'min', 'against cold start'],
    ...[
      ['cold start: node server.js', cold] as const,
      ['node -e 0', empty] as const,
      ['restore: crac restore ./image', restored] as const,
    ].map(([name, values]) => toRow(name, values, reference)),
  ];
  say(`\n${align(rows).join('\n')}\n`);
  say(`Restored, the warm server answers ${compare(reference, restored)} than it does after a cold start,`);
  say(`and ${compare(summarise(empty).median, restored)} than an empty Node starts and ends.`);
}

/** Starts the server as `crac run` does, warms it, and has it written to disk by `crac checkpoint`. */
async function writeImage(port: number, directory: string): Promise<void> {
  const server = startServer(node, directory, [SERVER], environment(port));
  try {
    await waitForServer(port, PAGE);
    await load(port, libraryLoad(REQUESTS));
    const { status } = await ask(port, { path: '/api/books', body: NEW_BOOK });
    if (status !== 201) throw new Error(`adding a book was answered with ${status}`);
    say(`warmed by ${REQUESTS} requests, and one book added`);
    const begin = performance.now();
    await checkpointServer(node, directory, server);
    const megabytes = statSync(join(directory, 'process.core')).size / 2 ** 20;
    say(
      `checkpoint: ${inDigits(performance.now() - begin)} ms, an image of ${inDigits(megabytes)} MB; the server has ended`,
    );
  } finally {
    await server.kill();
  }
}

async function measureEmptyNode(): Promise<number> {
  return (await time([node, '-e', '0'], { until: 'exit', env: bareEnvironment(node) })).exit;
}

async function measureColdStart(port: number): Promise<number> {
  const env = bareEnvironment(node, environment(port));
  const { answer, payload } = await time([node, SERVER], {
    until: 'answer',
    http: { port, path: PAGE },
    env,
  });
  expectBooks(payload, 10);
  return answer;
}

/** The restored server must still know the book that was added before the checkpoint. */
async function measureRestore(port: number, directory: string): Promise<number> {
  const run = { until: 'answer', http: { port, path: PAGE }, env: bareEnvironment(node) } as const;
  const { answer, payload } = await time([...RESTORERS.command, directory], run);
  expectBooks(payload, 11);
  if (!payload.includes(NEW_BOOK.title))
    throw new Error(`the restored server has forgotten a book: ${payload}`);
  return answer;
}

function expectBooks(payload: string, count: number): void {
  if (payload.startsWith('HTTP/1.1 200 ') && payload.includes(`<p>${count} books</p>`)) return;
  throw new Error(`the answer is not a page with ${count} books: ${payload}`);
}

async function repeat(runs: number, title: string, measure: () => Promise<number>): Promise<number[]> {
  const values: number[] = [];
  for (let run = 0; run < runs; run++) values.push(await measure());
  say(`${title}: ${values.map(inDigits).join(', ')} ms`);
  return values;
}

function toRow(name: string, values: readonly number[], reference: number): string[] {
  const { median, minimum } = summarise(values);
  return [
    name,
    '',
    `${inDigits(median)} ms`,
    `${inDigits(minimum)} ms`,
    `${(reference / median).toFixed(1)} x as fast`,
  ];
}

function compare(reference: number, values: readonly number[]): string {
  const ratio = reference / summarise(values).median;
  return ratio >= 1 ? `${ratio.toFixed(1)} times faster` : `${(1 / ratio).toFixed(1)} times slower`;
}

function environment(port: number): Record<string, string> {
  return { PORT: String(port), QUIET: '1', NODE_ENV: 'production' };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
