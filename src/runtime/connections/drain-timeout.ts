import { cracError } from '../../errors.js';

/** Milliseconds that requests in progress have to end, unless the environment says otherwise. */
const DEFAULT = 5000;

/**
 * Reads `CRAC_DRAIN_TIMEOUT`.
 *
 * @throws {CracException} `ERR_CRAC_INVALID_ARGUMENT`
 */
export function readDrainTimeout(text: string | undefined): number {
  if (text === undefined || text === '') return DEFAULT;
  if (/^\d+$/.test(text)) return Number(text);
  throw cracError('ERR_CRAC_INVALID_ARGUMENT', {
    argument: 'CRAC_DRAIN_TIMEOUT',
    expected: 'a number of milliseconds',
    received: `"${text}"`,
  });
}
