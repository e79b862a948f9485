import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { nameOf } from './file-name.js';
import type { Message } from './message.js';
import { reportFailure, reportPass, reportRepeat, reportSlowest } from './report.js';
import { addTallies, emptyTally, type Tally } from './tally.js';

const RUN_FILES = fileURLToPath(new URL('./run-files.js', import.meta.url));

/**
 * Runs test files in a process of the given Node; failures are printed as they come.
 *
 * A file that failed is run once more when the machine has nothing else to do. What passes then is unsteady: it is shown and counted as
 * such. These tests watch real processes and their clocks, and on a busy machine one in a thousand is late.
 */
export async function runUnder(node: string, files: readonly string[]): Promise<Tally> {
  const started = performance.now();
  const tallies = await runOnce(node, files);
  for (const path of files) {
    const file = nameOf(path);
    const first = tallies.get(file);
    if (first === undefined || first.failures.length === 0) continue;
    reportRepeat(file);
    const second = total(await runOnce(node, [path]));
    if (second.failures.length === 0) tallies.set(file, { ...second, unsteady: first.failures });
  }
  reportSlowest(tallies);
  return { ...total(tallies), duration: performance.now() - started };
}

/** What came of each file, by its name. */
async function runOnce(node: string, files: readonly string[]): Promise<Map<string, Tally>> {
  const child = spawn(node, [RUN_FILES, ...files], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const tallies = collect(child);
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  if (code === 0) return tallies;
  const failure = {
    title: 'the test process ends well',
    file: node,
    detail: `It ended with ${signal ?? `status ${code}`}.`,
  };
  reportFailure(failure, '');
  return tallies.set(node, { ...emptyTally(), tests: 1, fail: 1, failures: [failure] });
}

function total(tallies: ReadonlyMap<string, Tally>): Tally {
  return [...tallies.values()].reduce(addTallies, emptyTally());
}

function collect(child: ChildProcess): Map<string, Tally> {
  const tallies = new Map<string, Tally>();
  const output = new Map<string, string>();
  child.on('message', (text: string) => {
    const message = JSON.parse(text) as Message;
    if (message.kind === 'output') {
      output.set(message.file, (output.get(message.file) ?? '') + message.text);
      return;
    }
    if (message.kind === 'pass' && message.nesting === 0) reportPass(message);
    if (message.kind === 'fail') reportFailure(message, output.get(message.file) ?? '');
    tallies.set(message.file, addTallies(tallies.get(message.file) ?? emptyTally(), count(message)));
  });
  return tallies;
}

function count(message: Exclude<Message, { kind: 'output' }>): Tally {
  const none = emptyTally();
  switch (message.kind) {
    case 'suite':
      return { ...none, suites: 1 };
    case 'pass':
      return { ...none, tests: 1, pass: 1, duration: message.duration };
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
