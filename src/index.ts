/**
 * Coordination: what a library needs to take part in checkpoints. Importing it opens nothing and loads no native code.
 *
 * @packageDocumentation
 */
export { Context } from './core/context.js';
export type { ContextOptions, RegisterOptions } from './core/context-options.js';
export { getGlobalContext } from './core/global-context.js';
export { isImplemented } from './core/is-implemented.js';
export { type Main, onRestore } from './core/on-restore.js';
export type { Registration } from './core/registration.js';
export type { Notice, Resource } from './core/resource.js';
export type { RestoreInfo } from './core/restore-info.js';
export { Secret, type SecretOptions, type SecretValue } from './core/secret.js';
export { Core, type CoreFacade } from './core-facade.js';
export type { OpenDescriptorDetails } from './error-details.js';
export {
  CheckpointException,
  CheckpointOpenFileException,
  CheckpointOpenResourceException,
  CheckpointOpenSocketException,
  CracException,
  isCracException,
  RestoreException,
} from './exceptions.js';
