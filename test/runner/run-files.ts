/** Runs test files under this very Node and sends what happens to the parent process. Started by `run-under.ts`. */
import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import { run } from 'node:test';
import { inspect } from 'node:util';
import { nameOf } from './file-name.js';
import type { Message } from './message.js';

interface Event {
  readonly name: string;
  readonly nesting: number;
  readonly file?: string | undefined;
  readonly skip?: string | boolean | undefined;
  readonly todo?: string | boolean | undefined;
  readonly details: {
    readonly duration_ms: number;
    readonly type?: string | undefined;
    readonly error?: Error;
  };
}

/** Milliseconds. */
const FILE_TIMEOUT = 10 * 60_000;
const LATE_ACTIVITY = /asynchronous activity after|unhandledRejection|uncaughtException/;

/** Titles of the suites around the test that reports next, outermost first. */
const path: string[] = [];

process.env['NODE_OPTIONS'] = `--import=${new URL('./strict.js', import.meta.url).href}`;

const events = run({
  files: process.argv.slice(2),
  concurrency: availableParallelism() + 1,
  timeout: FILE_TIMEOUT,
});
for await (const { type, data } of events as AsyncIterable<{ type: string; data: never }>) handle(type, data);
process.disconnect();

function handle(type: string, data: Event & { message: string }): void {
  if (type === 'test:start') path.splice(data.nesting, path.length, data.name);
  else if (type === 'test:pass') passed(data);
  else if (type === 'test:fail') failed(data);
  else if (type === 'test:diagnostic' && LATE_ACTIVITY.test(data.message)) late(data);
  else if (type === 'test:stderr' || type === 'test:stdout') {
    send({ kind: 'output', file: fileOf(data), text: data.message });
  }
}

function passed(event: Event): void {
  const { nesting, skip, todo, details } = event;
  const common = { title: titleOf(event), file: fileOf(event) };
  if (skip !== undefined && skip !== false) send({ kind: 'skip', ...common, reason: reasonOf(skip) });
  else if (details.type === 'suite') send({ kind: 'suite', file: fileOf(event) });
  else if (todo !== undefined && todo !== false) send({ kind: 'todo', ...common });
  else send({ kind: 'pass', ...common, nesting, duration: details.duration_ms });
}

function failed(event: Event): void {
  const { details, todo } = event;
  const error = details.error as (Error & { failureType?: string }) | undefined;
  if (details.type === 'suite') send({ kind: 'suite', file: fileOf(event) });
  if (error?.failureType === 'subtestsFailed') return;
  if (todo !== undefined && todo !== false) {
    send({ kind: 'todo', title: titleOf(event), file: fileOf(event) });
    return;
  }
  const cancelled = error?.failureType === 'cancelledByParent' || error?.failureType === 'testAborted';
  send({
    kind: 'fail',
    title: titleOf(event),
    file: fileOf(event),
    cancelled,
    detail: inspect(error?.cause ?? error),
  });
}

function late(event: Event & { message: string }): void {
  send({
    kind: 'fail',
    title: 'nothing happens after the tests',
    file: fileOf(event),
    cancelled: false,
    detail: event.message,
  });
}

function titleOf({ name, nesting }: Event): string {
  return [...path.slice(0, nesting), name].join(' › ');
}

function fileOf({ file }: { readonly file?: string | undefined }): string {
  return file === undefined ? '' : nameOf(relative(process.cwd(), file));
}

function reasonOf(skip: string | true): string {
  return skip === true || skip === '' ? 'no reason given' : skip;
}

function send(message: Message): void {
  process.send?.(JSON.stringify(message));
}
