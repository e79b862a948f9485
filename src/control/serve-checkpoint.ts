import type { Socket } from 'node:net';
import { cracError, describeError } from '../errors.js';
import { descriptorOf, endWithReply, sendReply } from './connection.js';
import type { ControlTarget } from './control-target.js';
import type { CheckpointRequest, ImageReference } from './protocol.js';

/** Carries out the checkpoint or the dry run that the client behind `socket` asked for, and tells it how that went. */
export async function serveCheckpoint(
  socket: Socket,
  request: CheckpointRequest,
  target: ControlTarget,
): Promise<void> {
  let image: ImageReference | undefined;
  try {
    await target.checkpoint(request, {
      get placeholders() {
        const fd = descriptorOf(socket);
        return fd === undefined ? [] : [fd];
      },
      async onWriting(reference) {
        if (socket.destroyed) throw cracError('ERR_CRAC_CONTROL_CLIENT_GONE', {});
        image = reference;
        await sendReply(socket, { reply: 'writing', image: reference });
      },
      async onAnnounced(state) {
        if (image !== undefined) await endWithReply(socket, { reply: 'done', image, state });
        image = undefined;
      },
    });
    if (request.request === 'dry-run') await endWithReply(socket, { reply: 'passed' });
    else if (image !== undefined) await endWithReply(socket, { reply: 'done', image });
  } catch (error) {
    await endWithReply(socket, { reply: 'failed', error: describeError(error) });
  }
}
