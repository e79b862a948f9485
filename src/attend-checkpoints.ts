/** What a worker thread needs to attend checkpoints. It is loaded when the first one begins. */
import { type BroadcastChannel, receiveMessageOnPort } from 'node:worker_threads';
import { loadBinding } from './binding/load.js';
import { createAttendance, type WorkerServices } from './runtime/in-worker.js';
import { RUNTIME_RESOURCES } from './runtime/runtime.js';
import type { Word } from './runtime/worker-gate.js';

const services: WorkerServices = {
  timeZoneChanged: () => loadBinding().timeZoneChanged(),
  localeChanged: () => loadBinding().localeChanged(),
  warn: (sentence) => process.emitWarning(sentence, { type: 'CracWarning' }),
};

/** Makes what this thread does when something is said on the channel. */
export function attendCheckpoints(channel: BroadcastChannel): (word: Word) => void {
  const receive = (): Word | undefined => receiveMessageOnPort(channel as never)?.message;
  return createAttendance(RUNTIME_RESOURCES, services, receive);
}
