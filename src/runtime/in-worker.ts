/** A worker thread's side of a checkpoint; see `worker-gate.ts`. */
import { type SetAside, setAsideConcealed, takeBackConcealed } from '../core/concealed-memory.js';
import type { Context } from '../core/context.js';
import { Failures } from '../core/failures.js';
import type { Notice } from '../core/resource.js';
import type { ConnectionServices } from './connections/connections.js';
import { type Answer, describeFailures } from './worker-answers.js';
import { type News, OPEN, PREPARED, SETTLED, WAITING, type Word } from './worker-gate.js';

/** Longest interval that a timer takes, in milliseconds. */
const LONGEST_INTERVAL = 2 ** 31 - 1;

/**
 * Sets one thing of a worker thread right. `beforeCheckpoint` and `afterRestore` are synchronous: the worker goes on with its own tasks behind
 * them.
 */
export interface WorkerRepair {
  /** Called first, unless it is too late for that; the checkpoint waits for its end. */
  quieten?(notice: Notice): Promise<void>;
  /** Called when a checkpoint begins, with the environment of the main thread. */
  beforeCheckpoint?(env: Readonly<Record<string, string | undefined>>): void;
  /** Called when it has ended, also after one that failed. */
  afterRestore(news: News): void;
}

/** What the repairs of a worker thread need of the rest. */
export interface WorkerServices {
  /** Number of this thread. */
  readonly thread: number;
  /** Tells the main thread something. */
  answer(answer: Answer): void;
  /** The context of the program's resources in this thread, if there are any. */
  context(): Context | undefined;
  /** The event loop of this thread. */
  connections(drainTimeout: () => number | undefined): ConnectionServices;
  /** Waits for requests on the thread pool. */
  quiesce(signal: AbortSignal): Promise<void>;
  /** Says of sockets that are still open, by descriptor, why that is and what to do. */
  advise(connections: ConnectionServices): ReadonlyMap<number, string>;
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
  readonly inWorker?: (services: WorkerServices, connections: ConnectionServices) => WorkerRepair;
}

/** One checkpoint as a worker thread sees it. */
interface Round {
  readonly gate: Int32Array;
  /** Ends what the preparation waits for. */
  readonly deadline: AbortController;
  /** The context whose resources were told. */
  readonly context: Context | undefined;
  /** Keeps the thread alive although its resources have closed everything that did so. */
  readonly alive: NodeJS.Timeout;
  /** Secrets of this thread, which the main thread has until the end. */
  aside?: SetAside | undefined;
}

type Named = { readonly name: string; readonly repair: WorkerRepair };

/**
 * Makes what a worker thread does when the main thread says something; `receive` takes the next word from the channel without a turn of the
 * event loop.
 */
export function createAttendance(
  resources: readonly WorkerResource[],
  services: WorkerServices,
  receive: () => Word | undefined,
): (word: Word) => void {
  const { thread } = services;
  let repairs: readonly Named[] | undefined;
  let drainTimeout: number | undefined;
  let round: Round | undefined;
  const connections = services.connections(() => drainTimeout);

  const tell = (call: (repair: WorkerRepair) => void): void => {
    for (const { name, repair } of repairs ?? []) {
      try {
        call(repair);
      } catch (error) {
        services.warn(`${name}: ${error instanceof Error ? error.message : error}`);
      }
    }
  };

  const quieten = async ({ context, deadline }: Round, failures: Failures): Promise<void> => {
    if (context !== undefined) await failures.collect(() => context.beforeCheckpoint(context, deadline));
    for (const { name, repair } of repairs ?? []) {
      try {
        if (repair.quieten !== undefined) await repair.quieten(deadline);
      } catch (error) {
        failures.add(error, name);
      }
    }
    await failures.collect(() => services.quiesce(deadline.signal));
  };

  const prepare = async (own: Round, env: Readonly<Record<string, string | undefined>>): Promise<void> => {
    services.answer({ kind: 'begun', thread, takesPart: own.context !== undefined });
    const failures = new Failures();
    await quieten(own, failures);
    if (round !== own) return;
    tell((repair) => repair.beforeCheckpoint?.(env));
    own.aside = setAsideConcealed();
    Atomics.add(own.gate, PREPARED, 1);
    const advice = [...services.advise(connections)];
    const failure = describeFailures(failures);
    services.answer({ kind: 'prepared', thread, failure, advice, secrets: own.aside?.shared });
  };

  const end = async ({ context, alive, deadline, aside }: Round, { info }: News): Promise<void> => {
    deadline.abort();
    if (aside !== undefined) takeBackConcealed(aside);
    const failures = new Failures();
    if (context !== undefined) {
      await failures.collect(() => context.afterRestore(context, info));
      services.answer({ kind: 'returned', thread, failure: describeFailures(failures) });
    }
    clearInterval(alive);
  };

  return function attend(word) {
    if (word.kind === 'prepare') {
      repairs ??= resources.flatMap(({ name, inWorker }) =>
        inWorker === undefined || word.off.has(name)
          ? []
          : [{ name, repair: inWorker(services, connections) }],
      );
      ({ drainTimeout } = word);
      if (Atomics.load(word.gate, SETTLED) === 1)
        return tell((repair) => repair.beforeCheckpoint?.(word.env));
      round = begin(word.gate, services);
      void prepare(round, word.env);
    } else if (word.kind === 'lapse') {
      round?.deadline.abort(word.lapse);
    } else if (word.kind === 'go') {
      const own = round;
      round = undefined;
      tell((repair) => repair.afterRestore(word.news));
      if (own !== undefined) void end(own, word.news);
    } else if (round !== undefined) {
      waitAt(round.gate);
      for (let next = receive(); next !== undefined; next = receive()) attend(next);
    }
  };
}

function begin(gate: Int32Array, services: WorkerServices): Round {
  const context = services.context();
  return {
    gate,
    deadline: new AbortController(),
    context: context !== undefined && context.size > 0 ? context : undefined,
    alive: setInterval(() => {}, LONGEST_INTERVAL),
  };
}

function waitAt(gate: Int32Array): void {
  Atomics.add(gate, WAITING, 1);
  Atomics.notify(gate, WAITING);
  Atomics.wait(gate, OPEN, 0);
}
