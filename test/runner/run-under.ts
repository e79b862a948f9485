import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Message } from './message.js';
import { reportFailure, reportPass } from './report.js';
import { addTallies, emptyTally, type Tally } from './tally.js';

const RUN_FILES = fileURLToPath(new URL('./run-files.js', import.meta.url));

/** Runs test files in a process of the given Node; failures are printed as they come. */
export async function runUnder(node: string, files: readonly string[]): Promise<Tally> {
  const started = performance.now();
  const child = spawn(node, [RUN_FILES, ...files], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const counted = collect(child);
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  const tally = { ...counted(), duration: performance.now() - started };
  if (code === 0) return tally;
  const failure = {
    title: 'the test process ends well',
    file: node,
    detail: `It ended with ${signal ?? `status ${code}`}.`,
  };
  reportFailure(failure, '');
  return addTallies(tally, { ...emptyTally(), tests: 1, fail: 1, failures: [failure] });
}

function collect(child: ChildProcess): () => Tally {
  let tally = emptyTally();
  const output = new Map<string, string>();
  child.on('message', (text: string) => {
    const message = JSON.parse(text) as Message;
    if (message.kind === 'output') {
      output.set(message.file, (output.get(message.file) ?? '') + message.text);
      return;
    }
    if (message.kind === 'pass' && message.nesting === 0) reportPass(message);
    if (message.kind === 'fail') reportFailure(message, output.get(message.file) ?? '');
    tally = addTallies(tally, count(message));
  });
  return () => tally;
}

function count(message: Exclude<Message, { kind: 'output' }>): Tally {
  const none = emptyTally();
  switch (message.kind) {
    case 'suite':
      return { ...none, suites: 1 };
    case 'pass':
      return { ...none, tests: 1, pass: 1 };
    case 'todo':
      return { ...none, tests: 1, todo: 1 };
    case 'skip':
      return { ...none, tests: 1, skipped: 1, skips: [{ title: message.title, reason: message.reason }] };
    case 'fail':
      return {
        ...none,
        tests: 1,
        ...(message.cancelled ? { cancelled: 1 } : { fail: 1 }),
        failures: [message],
      };
  }
}
