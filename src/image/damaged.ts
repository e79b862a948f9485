import { cracError, isCracException } from '../errors.js';

/** Ends the decoding of an image: `reason` is a part of a sentence such as "run 3 lies outside of its mapping". */
export function damaged(reason: string): never {
  throw cracError('ERR_CRAC_IMAGE_DAMAGED', { path: 'process.core', reason });
}

/** The same error as `damaged` threw, about the file at `path`; any other error as it is. */
export function damagedAt(path: string, error: unknown): unknown {
  if (!isCracException(error) || error.code !== 'ERR_CRAC_IMAGE_DAMAGED') return error;
  const { reason } = error.details as { readonly reason: string };
  return cracError('ERR_CRAC_IMAGE_DAMAGED', { path, reason });
}
