/**
 * Whether checkpoints are implemented for this operating system and processor. `true` does not promise that one would succeed now:
 * that is what `checkpointAvailability()` of `node-crac/management` is for.
 *
 * @example
 * ```js
 * import { isImplemented } from 'node-crac';
 *
 * if (!isImplemented()) console.log('this platform starts the slow way');
 * ```
 */
export function isImplemented(): boolean {
  return process.platform === 'linux' && process.arch === 'x64';
}
