/** A worker thread's side of a checkpoint; see `worker-gate.ts`. */
import { type News, OPEN, PREPARED, WAITING, type Word } from './worker-gate.js';

/** Sets one thing of a worker thread right. Both methods are synchronous: the worker goes on with its own tasks behind them. */
export interface WorkerRepair {
  /** Called when a checkpoint begins, with the environment of the main thread. */
  beforeCheckpoint?(env: Readonly<Record<string, string | undefined>>): void;
  /** Called when it has ended, also after one that failed. */
  afterRestore(news: News): void;
}

/** What the repairs of a worker thread need of the rest. */
export interface WorkerServices {
  /** Tells V8 that the time zone of the process has changed. */
  timeZoneChanged(): void;
  /** Tells V8 that the locale of the process has changed. */
  localeChanged(): void;
  /** Tells the owner of the program that something is not as it should be. */
  warn(sentence: string): void;
}

/** A repair of worker threads under the name by which it is switched off. */
export interface WorkerResource {
  readonly name: string;
  readonly inWorker?: (services: WorkerServices) => WorkerRepair;
}

/**
 * Makes what a worker thread does when the main thread says something; `receive` takes the next word from the channel without a turn of the
 * event loop.
 */
export function createAttendance(
  resources: readonly WorkerResource[],
  services: WorkerServices,
  receive: () => Word | undefined,
): (word: Word) => void {
  let repairs: { readonly name: string; readonly repair: WorkerRepair }[] | undefined;
  let gate: Int32Array | undefined;

  const tell = (call: (repair: WorkerRepair) => void): void => {
    for (const { name, repair } of repairs ?? []) {
      try {
        call(repair);
      } catch (error) {
        services.warn(`${name}: ${error instanceof Error ? error.message : error}`);
      }
    }
  };

  return function attend(word) {
    if (word.kind === 'prepare') {
      gate = word.gate;
      repairs ??= resources.flatMap(({ name, inWorker }) =>
        inWorker === undefined || word.off.has(name) ? [] : [{ name, repair: inWorker(services) }],
      );
      tell((repair) => repair.beforeCheckpoint?.(word.env));
      Atomics.add(gate, PREPARED, 1);
    } else if (word.kind === 'go') {
      gate = undefined;
      tell((repair) => repair.afterRestore(word.news));
    } else if (gate !== undefined) {
      waitAt(gate);
      for (let next = receive(); next !== undefined; next = receive()) attend(next);
    }
  };
}

function waitAt(gate: Int32Array): void {
  Atomics.add(gate, WAITING, 1);
  Atomics.notify(gate, WAITING);
  Atomics.wait(gate, OPEN, 0);
}
