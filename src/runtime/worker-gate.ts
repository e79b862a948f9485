/**
 * The main thread's side of telling worker threads of a checkpoint.
 *
 *   main                                        each worker with the preload
 *   prepare()  --- prepare, a gate --->         counts itself as hearing, loads what it has to do, counts itself as prepared
 *   settle()                                    loads nothing any more
 *   hold()     --- wait ------------->          counts itself as waiting and waits at the gate
 *              (engine, restore)
 *   release()  --- go, what is new -->          opens: reads "go" and adopts it, before any other task
 *
 * Who hears too late to be prepared is told the same, and loads what it has to do behind the release.
 *
 * `hold()` is called when nothing but the engine is left, so the main thread runs nothing of the application while workers wait, and a worker
 * can keep nobody waiting. One that is busy then does not wait; it adopts what is new when it returns to its event loop.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type RestoreInfo, toPlainInfo } from '../core/restore-info.js';

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

/** Milliseconds in which workers that are prepared have to begin to wait. */
const PATIENCE = 100;

/** What a worker thread learns after a checkpoint. */
export interface News {
  readonly info: RestoreInfo;
  /** `process.pid` of the main thread. */
  readonly pid: number;
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
    }
  | { readonly kind: 'wait' }
  | { readonly kind: 'go'; readonly news: News };

/** A `BroadcastChannel`, as far as it is used. */
export interface Channel {
  postMessage(word: Word): void;
  unref(): unknown;
  close(): void;
}

/** Where worker threads wait while the process is written down and restored. */
export interface WorkerGate {
  /** Tells all workers that a checkpoint has begun. */
  prepare(): void;
  /** Waits for the workers that are preparing themselves; those that have not begun will not. */
  settle(): Promise<void>;
  /** Has prepared workers wait from now on. Does nothing unless `prepare()` was called. */
  hold(): void;
  /** Tells all workers how it ended, and lets those that wait go on. */
  release(news: News): void;
}

/** Makes the gate of this process; the channel is opened by the first checkpoint. */
export function createWorkerGate(
  openChannel: () => Channel,
  off: ReadonlySet<string>,
  countWorkers: () => number,
): WorkerGate {
  let channel: Channel | undefined;
  let gate: Int32Array | undefined;
  return {
    prepare() {
      gate = new Int32Array(new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT));
      if (channel === undefined) {
        channel = openChannel();
        channel.unref();
      }
      channel.postMessage({ kind: 'prepare', gate, env: { ...process.env }, off });
    },
    async settle() {
      if (gate === undefined) return;
      const own = gate;
      await atMost(HEARING_TIME, () => Atomics.load(own, HEARD) >= countWorkers());
      Atomics.store(own, SETTLED, 1);
      await atMost(LOADING_TIME, () => Atomics.load(own, PREPARED) >= Atomics.load(own, HEARD));
    },
    hold() {
      if (gate === undefined || Atomics.load(gate, PREPARED) === 0) return;
      channel?.postMessage({ kind: 'wait' });
      awaitWorkers(gate);
    },
    release(news) {
      if (gate === undefined) return;
      if (Atomics.load(gate, HEARD) + Atomics.load(gate, PREPARED) + countWorkers() > 0)
        channel?.postMessage({ kind: 'go', news: { ...news, info: toPlainInfo(news.info) } });
      Atomics.store(gate, OPEN, 1);
      Atomics.notify(gate, OPEN);
      gate = undefined;
      if (news.info.restored) return;
      channel?.close();
      channel = undefined;
    },
  };
}

/** Counts naps and not time: where the machine is busy, they take longer here as well as there. */
async function atMost(naps: number, isDone: () => boolean): Promise<void> {
  for (let nap = 0; nap < naps && !isDone(); nap += 1) await sleep(1);
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
