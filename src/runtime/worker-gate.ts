/**
 * The main thread's side of telling worker threads of a checkpoint.
 *
 *   main                                        each worker with the preload
 *   prepare()  --- prepare, a gate --->         counts itself as hearing, loads what it has to do, says that it begins,
 *                                               tells its resources, closes what is idle, gives its secrets away, counts itself as prepared and
 *                                               says so
 *   settle()                                    loads nothing any more
 *              --- lapse (when time is up) ->   tells its resources no longer
 *   hold()     --- wait ------------->          counts itself as waiting and waits at the gate
 *              (engine, restore)
 *   release()  --- go, what is new -->          opens: reads "go" and adopts it, before any other task; takes its secrets back, if nobody
 *                                               has wiped them; then tells its resources
 *   returning()                                 says that they have been told
 *
 * Who hears too late to be prepared loads what it has to do behind the release, and tells nobody. But whose program has registered resources in
 * it is waited for until time is up.
 *
 * `hold()` is called when nothing but the engine is left, so the main thread runs nothing of the application while workers wait, and a worker
 * can keep nobody waiting. One that is busy then does not wait; it adopts what is new when it returns to its event loop.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Lapse, lapseOf } from '../core/deadline.js';
import { type RestoreInfo, toPlainInfo } from '../core/restore-info.js';
import { Attendance } from './attendance.js';
import type { Answer } from './worker-answers.js';

/** Name of the channel on which all worker threads listen; `register.ts`, which imports nothing, has it too. */
export const CHANNEL_NAME = 'node-crac.v1';

/** Words of a gate: whether it is open; how many workers are prepared, wait, have heard of it; whether it is too late to prepare. */
export const OPEN = 0;
export const PREPARED = 1;
export const WAITING = 2;
export const HEARD = 3;
export const SETTLED = 4;
const WORDS = 5;

/** Naps of a millisecond in which workers that are idle hear of a checkpoint, and in which those that load what they need have to be done. */
const HEARING_TIME = 100;
const LOADING_TIME = 5000;

/** The same naps, in which workers can still say what they have not ended in time. */
const GRACE = 250;

/** Milliseconds in which workers that are prepared have to begin to wait. */
const PATIENCE = 100;

/** What a worker thread learns after a checkpoint. */
export interface News {
  readonly info: RestoreInfo;
  /** `process.pid` of the main thread. */
  readonly pid: number;
  /** Its environment from here on, when the restore has brought one. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** What the main thread says. */
export type Word =
  | {
      readonly kind: 'prepare';
      readonly gate: Int32Array;
      /** The main thread's environment at the checkpoint. */
      readonly env: Readonly<Record<string, string | undefined>>;
      /** Names of the repairs that are not wanted. */
      readonly off: ReadonlySet<string>;
      /** Milliseconds that requests in progress have to end, if somebody said so. */
      readonly drainTimeout: number | undefined;
    }
  | { readonly kind: 'lapse'; readonly lapse: Lapse }
  | { readonly kind: 'wait' }
  | { readonly kind: 'go'; readonly news: News };

/** A `BroadcastChannel`, as far as it is used. */
export interface Channel {
  postMessage(word: Word): void;
  unref(): unknown;
  close(): void;
}

/** What the gate needs of the rest. */
export interface WorkerGateServices {
  /** Opens the channel on which worker threads listen. */
  openWords(): Channel;
  /** Opens the channel on which they answer. */
  openAnswers(hear: (answer: Answer) => void): Pick<Channel, 'close'>;
  /** Workers started with the preload, which counts them. */
  count(): number;
  /** Numbers of those in which the program has registered resources. */
  joined(): ReadonlySet<number>;
  /** Milliseconds that requests in progress have to end, if somebody said so. */
  drainTimeout(): number | undefined;
  /** Whether this is a rehearsal: nobody is there, and nobody says when the others would have to wait. @default false */
  readonly isRehearsed?: boolean;
}

/** Where worker threads wait while the process is written down and restored. */
export interface WorkerGate {
  /** Tells all workers that a checkpoint has begun. */
  prepare(): void;
  /**
   * Waits for the workers that are preparing themselves; those that have not begun will not.
   *
   * @throws {CheckpointException} with what failed in them
   */
  settle(signal: AbortSignal): Promise<void>;
  /** Has prepared workers wait from now on. Does nothing unless `prepare()` was called. */
  hold(): void;
  /** Opens the gate where no worker was there when the others had to wait, as in most processes; returns whether that was so. */
  releaseNobody(): boolean;
  /** Tells all workers how it ended, and lets those that wait go on. */
  release(news: News): void;
  /**
   * Waits until the program's resources in workers have been told of that; `undefined` when there are none.
   *
   * @throws {RestoreException} with what failed in them
   */
  returning(): Promise<void> | undefined;
  /** What workers know of sockets that they could not close, by descriptor. */
  advice(): ReadonlyMap<number, string>;
}

/** Makes the gate of this process; the channels are opened by the first checkpoint. */
export function createWorkerGate(services: WorkerGateServices, off: ReadonlySet<string>): WorkerGate {
  let words: Channel | undefined;
  let answers: Pick<Channel, 'close'> | undefined;
  let gate: Int32Array | undefined;
  let heard = new Attendance();
  let isAlone = false;
  const closeAnswers = (): void => {
    answers?.close();
    answers = undefined;
  };
  return {
    prepare() {
      gate = new Int32Array(new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT));
      heard.forgetSecrets();
      heard = new Attendance();
      isAlone = services.isRehearsed === true;
      if (words === undefined) {
        words = services.openWords();
        words.unref();
      }
      answers ??= services.openAnswers((answer) => heard.add(answer));
      const drainTimeout = services.drainTimeout();
      words.postMessage({ kind: 'prepare', gate, env: { ...process.env }, off, drainTimeout });
    },
    async settle(signal) {
      if (gate === undefined) return;
      const own = gate;
      const hears = (): boolean => heard.hasBegun(services.joined());
      await atMost(HEARING_TIME, () => Atomics.load(own, HEARD) >= services.count() && hears());
      while (!hears() && !signal.aborted) await sleep(1);
      Atomics.store(own, SETTLED, 1);
      const isReady = (): boolean => heard.prepared >= Atomics.load(own, HEARD);
      await atMost(LOADING_TIME, () => isReady() || signal.aborted);
      while (heard.isBusy() && !signal.aborted) await sleep(1);
      if (signal.aborted) await hearLast(words, lapseOf(signal), () => isReady() && hears());
      heard.refuse(services.joined(), signal);
    },
    hold() {
      if (gate === undefined) return;
      isAlone = !isHeard(gate) && services.count() === 0;
      if (Atomics.load(gate, PREPARED) === 0) return;
      words?.postMessage({ kind: 'wait' });
      awaitWorkers(gate);
    },
    releaseNobody() {
      if (gate === undefined) return true;
      if (!isAlone || isHeard(gate)) return false;
      Atomics.store(gate, OPEN, 1);
      gate = undefined;
      return true;
    },
    release(news) {
      if (gate === undefined) return;
      if (isHeard(gate) || services.count() > 0)
        words?.postMessage({ kind: 'go', news: { ...news, info: toPlainInfo(news.info) } });
      Atomics.store(gate, OPEN, 1);
      Atomics.notify(gate, OPEN);
      gate = undefined;
      if (news.info.restored) return;
      words?.close();
      words = undefined;
      if (heard.taking.size === 0) closeAnswers();
    },
    returning() {
      if (gate !== undefined || heard.taking.size === 0) return undefined;
      return heard.waitForReturn().finally(closeAnswers);
    },
    advice: () => heard.advice,
  };
}

/** Whether a worker may have to be told. One that hears later finds the gate open: only who is prepared waits at it. */
function isHeard(gate: Int32Array): boolean {
  return Atomics.load(gate, HEARD) + Atomics.load(gate, PREPARED) > 0;
}

/** Counts naps and not time: where the machine is busy, they take longer here as well as there. */
async function atMost(naps: number, isDone: () => boolean): Promise<void> {
  for (let nap = 0; nap < naps && !isDone(); nap += 1) await sleep(1);
}

/** Tells workers that time is up, and waits for what they say to that. */
async function hearLast(words: Channel | undefined, lapse: Lapse, isDone: () => boolean): Promise<void> {
  words?.postMessage({ kind: 'lapse', lapse });
  await atMost(GRACE, isDone);
}

/** Blocks until all prepared workers wait, or those that don't are busy. */
function awaitWorkers(gate: Int32Array): void {
  const end = performance.now() + PATIENCE;
  for (let left = PATIENCE; left > 0; left = end - performance.now()) {
    const waiting = Atomics.load(gate, WAITING);
    if (waiting >= Atomics.load(gate, PREPARED)) return;
    Atomics.wait(gate, WAITING, waiting, left);
  }
}
