/**
 * Tells after a restore whether V8 optimises what has become hot since then: at once, after a collection, or after seconds. The argument says
 * who asks for the checkpoint: the program itself, nobody of it, or nobody while a function waits for the restore.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { getGlobalContext, onRestore } from 'node-crac';
import { checkpointRestore } from 'node-crac/management';

/** Bit of `%GetOptimizationStatus()`, `kOptimized` of V8's runtime.h. */
const OPTIMIZED = 1 << 4;

type Operation = (left: number, right: number) => number;

/** How often a turn of the event loop passes before a function is taken for one that is not compiled. */
const TURNS = 100;

setFlagsFromString('--allow-natives-syntax');
const statusOf = new Function('subject', 'return %GetOptimizationStatus(subject)') as (
  subject: unknown,
) => number;
const [early, late] = [makeOperations(), makeOperations()];
const [, , way] = process.argv;
if (way === 'itself') void checkpointRestore().then(tell);
else if (way === 'main') onRestore(tell);
else getGlobalContext().register({ beforeCheckpoint() {}, afterRestore: () => void setImmediate(tell) });
if (way === 'off') setFlagsFromString('--no-turbofan --no-maglev');
setInterval(() => {}, 1000);

async function tell(): Promise<void> {
  const seen = [await areOptimized(early)];
  if (way === 'waiting' || way === 'off') await sleep(2500);
  else for (let round = 0; round < 1e6; round++) garbage = [round];
  seen.push(await areOptimized(late));
  process.stdout.write(`${seen.join(' ')}\n`, () => process.exit());
}

/** What is made in `tell()`. */
export let garbage: readonly number[];

/** So many that V8 compiles none of them into its caller. */
function makeOperations(): readonly Operation[] {
  const indexes = Array.from({ length: 8 }, (_, index) => index);
  return indexes.map(
    (index) => new Function('left', 'right', `return (left + right * ${index}) | 0`) as Operation,
  );
}

/** Makes functions hot, with hardly any garbage, until V8 has optimised them all on its other threads. */
async function areOptimized(operations: readonly Operation[]): Promise<boolean> {
  for (let turn = 0; turn < TURNS; turn++) {
    heat(operations);
    await sleep(1);
    if (operations.every((operation) => (statusOf(operation) & OPTIMIZED) !== 0)) return true;
  }
  return false;
}

/** Without an iterator, which would be garbage. */
function heat(operations: readonly Operation[]): void {
  for (let round = 0; round < 2000; round++) {
    for (let index = 0; index < operations.length; index++) operations[index]?.(round, index);
  }
}
