import { stat } from 'node:fs/promises';
import { cracError } from '../errors.js';

/** Permissions of group and others to write. */
const WRITABLE_BY_OTHERS = 0o022;

/**
 * Refuses an image directory that another user could have changed: whoever can do that decides what a restore does.
 *
 * @throws {CracException} `ERR_CRAC_IMAGE_UNTRUSTED`
 */
export async function refuseForeignOwner(directory: string): Promise<void> {
  if (process.getuid === undefined) return;
  const stats = await stat(directory).catch(() => undefined);
  if (stats === undefined) return;
  const owners = [0, process.getuid()];
  if (!owners.includes(stats.uid)) {
    throw cracError('ERR_CRAC_IMAGE_UNTRUSTED', { directory, reason: `it belongs to user ${stats.uid}` });
  }
  if ((stats.mode & WRITABLE_BY_OTHERS) !== 0) {
    throw cracError('ERR_CRAC_IMAGE_UNTRUSTED', { directory, reason: 'other users can change it' });
  }
}
