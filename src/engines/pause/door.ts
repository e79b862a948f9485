import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { cracError } from '../../errors.js';
import type { Call } from './call.js';

/** States of the door. The doorkeeper leaves one for the next; the main thread sleeps until it does. */
export const DOOR = { opening: 0, listening: 1, called: 2, failed: 3 } as const;

/** What the doorkeeper has to know. */
export interface DoorkeeperTask {
  /** The image for which calls are accepted. */
  readonly id: string;
  /** Absolute path of the image directory. */
  readonly directory: string;
  /** Where a process listens that may be waiting there already. */
  readonly earlier: string | undefined;
}

/** The same, with the way back to the main thread. */
export interface DoorkeeperData extends DoorkeeperTask {
  readonly state: Int32Array;
  readonly port: MessagePort;
}

/** What the doorkeeper says about a new state. */
export type Word =
  | { readonly state: typeof DOOR.listening; readonly address: string }
  | { readonly state: typeof DOOR.called; readonly call: Call }
  | { readonly state: typeof DOOR.failed; readonly reason: string };

/** A door at which a process can be called. */
export interface Door {
  readonly address: string;
  /** Sleeps, event loop and all, until the process is called. */
  waitForCall(): Call;
  close(): void;
}

/** Milliseconds that the doorkeeper may take to open the door. */
const OPENING_TIME = 30_000;

/** Opens the door; the doorkeeper's thread has none of the program's options and environment, so no preload runs in it. */
export function openDoor(task: DoorkeeperTask): Door {
  const { port1: words, port2: port } = new MessageChannel();
  const state = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const workerData: DoorkeeperData = { ...task, state, port };
  const doorkeeper = new Worker(new URL('./doorkeeper.js', import.meta.url), {
    workerData,
    transferList: [port],
    execArgv: [],
    env: {},
  });
  doorkeeper.unref();
  const close = (): void => {
    words.close();
    void doorkeeper.terminate();
  };
  try {
    const { address } = expect(DOOR.listening, next(words, state, DOOR.opening, OPENING_TIME));
    return {
      address,
      waitForCall: () => expect(DOOR.called, next(words, state, DOOR.listening)).call,
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** Sleeps until the door is no longer in that state. */
function next(words: MessagePort, state: Int32Array, present: number, timeout?: number): Word {
  Atomics.wait(state, 0, present, timeout);
  const word: { readonly message: Word } | undefined = receiveMessageOnPort(words);
  return word?.message ?? { state: DOOR.failed, reason: 'its thread does not begin to listen' };
}

function expect<State extends Word['state']>(state: State, word: Word): Extract<Word, { state: State }> {
  if (word.state === state) return word as Extract<Word, { state: State }>;
  const reason = word.state === DOOR.failed ? word.reason : 'its thread is out of step';
  throw cracError('ERR_CRAC_NOT_WAITING', { reason });
}
