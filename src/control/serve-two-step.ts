import type { Socket } from 'node:net';
import { describeError } from '../errors.js';
import { endWithReply } from './connection.js';
import type { ControlTarget } from './control-target.js';
import type { PrepareRequest, ResumeRequest } from './two-step-requests.js';

/** Prepares the process for the client behind `socket`; when that is gone by then, nobody would resume it, and it is undone. */
export async function servePrepare(
  socket: Socket,
  request: PrepareRequest,
  target: ControlTarget,
): Promise<void> {
  try {
    const deadline = await target.prepare(request);
    if (socket.destroyed) await target.resume({ request: 'resume', original: true });
    else await endWithReply(socket, { reply: 'prepared', deadline });
  } catch (error) {
    await endWithReply(socket, { reply: 'failed', error: describeError(error) });
  }
}

/** Lets the process go on. */
export async function serveResume(
  socket: Socket,
  request: ResumeRequest,
  target: ControlTarget,
): Promise<void> {
  try {
    await endWithReply(socket, { reply: 'resumed', generation: await target.resume(request) });
  } catch (error) {
    await endWithReply(socket, { reply: 'failed', error: describeError(error) });
  }
}
