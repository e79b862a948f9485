/** What a worker thread needs to attend checkpoints. It is loaded when the first one begins. */
import { BroadcastChannel, receiveMessageOnPort, threadId } from 'node:worker_threads';
import { activeHandles, activeRequests } from './binding/event-loop.js';
import { agentServices } from './binding/services.js';
import { quiesce } from './checkpoint/quiesce.js';
import type { Context } from './core/context.js';
import { sharedValue } from './core/process-wide.js';
import { nameThreadPoolWork } from './origins/thread-pool-work.js';
import { adviseOn } from './runtime/connections/advise.js';
import { readDrainTimeout } from './runtime/connections/drain-timeout.js';
import { survey } from './runtime/connections/survey.js';
import { createAttendance, type WorkerServices } from './runtime/in-worker.js';
import { RUNTIME_RESOURCES } from './runtime/runtime.js';
import { ANSWERS_NAME, type Answer } from './runtime/worker-answers.js';
import type { Word } from './runtime/worker-gate.js';

const services: WorkerServices = {
  thread: threadId,
  answer,
  context: () => sharedValue<Context>('context'),
  connections: (drainTimeout) => ({
    handles: activeHandles,
    pauseListeners: (fds) => agentServices().pauseListeners(fds),
    resumeListeners: () => agentServices().resumeListeners(),
    drainTimeout: () => drainTimeout() ?? readDrainTimeout(process.env['CRAC_DRAIN_TIMEOUT']),
  }),
  quiesce: (signal) => quiesce({ activeRequests, nameUnlisted: nameThreadPoolWork, warn }, signal),
  advise: ({ handles, drainTimeout }) => adviseOn(survey(handles()).sockets, drainTimeout),
  timeZoneChanged: () => agentServices().timeZoneChanged(),
  localeChanged: () => agentServices().localeChanged(),
  warn,
};

function warn(sentence: string): void {
  process.emitWarning(sentence, { type: 'CracWarning' });
}

/** Makes what this thread does when something is said on the channel. */
export function attendCheckpoints(channel: BroadcastChannel): (word: Word) => void {
  const receive = (): Word | undefined => receiveMessageOnPort(channel as never)?.message;
  return createAttendance(RUNTIME_RESOURCES, services, receive);
}

function answer(said: Answer): void {
  const channel: BroadcastChannel = new BroadcastChannel(ANSWERS_NAME);
  channel.postMessage(said);
  channel.close();
}
