/**
 * Memory and threads for which Node and V8 have laid out the program when it was started.
 *
 * They are looked at some time after a restore, since the files of control groups take many system calls.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';

const MEGABYTE = 2 ** 20;

/** Where libuv looks for the number of its threads when it starts them, and its own number. */
const POOL_VARIABLE = 'UV_THREADPOOL_SIZE';
const DEFAULT_POOL = '4';

/** Options by which the owner of the program has chosen the size of the heap. */
const HEAP_OPTION = /--max[-_](?:old[-_]space[-_]size|heap[-_]size)/;

/** What may not fit on another machine. */
export interface Limits {
  /** Remembers what there is at a checkpoint. */
  learn(): void;
  /** Compares it with what there is now: lowers the limit of the heap and warns. */
  check(): void;
}

/** What the comparison needs of the rest. */
export interface LimitsServices {
  /** Lowers the limit of V8's heap, as far as what lives on it allows. */
  limitHeap(bytes: number): void;
  warn(sentence: string, code?: string): void;
}

/** Makes the comparison for this process. */
export function createLimits({ limitHeap, warn }: LimitsServices): Limits {
  let memory = Number.POSITIVE_INFINITY;
  let pool: string | undefined;
  return {
    learn() {
      memory = findMemory();
      pool = isPoolStarted() ? process.env[POOL_VARIABLE] || DEFAULT_POOL : undefined;
    },
    check() {
      const now = findMemory();
      const heap = getHeapStatistics().heap_size_limit;
      if (now < memory && now < heap) warn(fitHeap(heap, now, limitHeap), 'WARN_CRAC_HEAP_LIMIT');
      const wanted = process.env[POOL_VARIABLE];
      if (pool === undefined || !wanted || wanted === pool) return;
      warn(
        `The thread pool was started with ${pool} threads before the checkpoint; ${POOL_VARIABLE}=${wanted} of the restore comes too late. Start the program with it.`,
        'WARN_CRAC_THREADPOOL_SIZE',
      );
    },
  };
}

/** Bytes that this process may use: the limit of its control group, or what the machine has. */
function findMemory(): number {
  return Math.min(process.constrainedMemory() || Number.POSITIVE_INFINITY, totalmem());
}

/** Node itself lets the heap have half of the memory. */
function fitHeap(heap: number, memory: number, limitHeap: (bytes: number) => void): string {
  const has = `The heap may grow to ${toMegabytes(heap)}, but there are only ${toMegabytes(memory)} of memory here`;
  if ([...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].some((text) => HEAP_OPTION.test(text))) {
    return `${has}: the process may be killed. Start the program with a smaller --max-old-space-size, or give it more memory.`;
  }
  limitHeap(memory / 2);
  return `${has}: its limit is ${toMegabytes(getHeapStatistics().heap_size_limit)} now. Start the program with --max-old-space-size to choose one.`;
}

function toMegabytes(bytes: number): string {
  return `${Math.round(bytes / MEGABYTE)} MB`;
}

/** Whether libuv's threads exist; before Node 22 they have no name of their own, and are taken to exist. */
function isPoolStarted(): boolean {
  if (Number.parseInt(process.versions.node, 10) < 22) return true;
  return readdirSync('/proc/self/task').some((task) => nameOf(task).startsWith('libuv-worker'));
}

function nameOf(task: string): string {
  try {
    return readFileSync(`/proc/self/task/${task}/comm`, 'utf8');
  } catch {
    return '';
  }
}
