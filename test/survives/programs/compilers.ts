/**
 * Tells after a restore whether V8 optimises what has become hot since then: at once, and in a long turn of the event loop or after seconds. The argument says
 * who asks for the checkpoint: the program itself, nobody of it, or nobody while a function waits for the restore.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { getGlobalContext, onRestore } from 'node-crac';
import { checkpointRestore } from 'node-crac/management';

/** Bit of `%GetOptimizationStatus()`, `kOptimized` of V8's runtime.h. */
const OPTIMIZED = 1 << 4;

type Operation = (left: number, right: number) => number;

/** How often a turn of the event loop passes before a function is taken for one that is not compiled; they take little time of the processor. */
const TURNS = 10;

/** Milliseconds that a computation may take before its function is taken for such a one. */
const PATIENCE = 10_000;

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
  const waits = way === 'waiting' || way === 'off';
  if (waits) await sleep(2500);
  seen.push(waits ? await areOptimized(late) : compute(late));
  process.stdout.write(`${seen.join(' ')}\n`, () => process.exit());
}

/** So many that V8 compiles none of them into its caller. */
function makeOperations(): readonly Operation[] {
  const indexes = Array.from({ length: 8 }, (_, index) => index);
  return indexes.map(
    (index) => new Function('left', 'right', `return (left + right * ${index}) | 0`) as Operation,
  );
}

/** Makes functions hot until V8 has optimised them all on its other threads. */
async function areOptimized(operations: readonly Operation[]): Promise<boolean> {
  for (let turn = 0; turn < TURNS; turn++) {
    heat(operations);
    await sleep(10);
    if (operations.every(isOptimized)) return true;
  }
  return false;
}

/** The same without a turn of the event loop. */
function compute(operations: readonly Operation[]): boolean {
  for (const end = Date.now() + PATIENCE; Date.now() < end; ) {
    heat(operations);
    if (operations.every(isOptimized)) return true;
  }
  return false;
}

function isOptimized(operation: Operation): boolean {
  return (statusOf(operation) & OPTIMIZED) !== 0;
}

function heat(operations: readonly Operation[]): void {
  for (let round = 0; round < 1000; round++) for (const operation of operations) operation(round, 1);
}
