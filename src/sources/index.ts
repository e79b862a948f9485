/**
 * Sources of snapshots that somebody else takes: each one hears of them and has this process prepare and resume itself.
 *
 * @packageDocumentation
 */
export type { PrepareOptions } from '../checkpoint/checkpoint-options.js';
export type { ResumeData } from '../checkpoint/resume-data.js';
export { type SnapshotFileOptions, watchSnapshotFile } from './file.js';
export {
  type GenerationFileOptions,
  type GenerationFileSource,
  watchGenerationFile,
} from './generation-file.js';
export {
  createSnapshotHooks,
  type SnapshotHookOptions,
  type SnapshotHookServer,
  type SnapshotHookServerOptions,
  type SnapshotHooks,
  serveSnapshotHooks,
} from './http.js';
export { registerAfterRestore, registerBeforeSnapshot, type SnapshotHook } from './lambda.js';
export type { SnapshotSource, SourceEvent, SourceOptions } from './source.js';
export { type SystemdSleepOptions, watchSystemdSleep } from './systemd.js';
export {
  type VmGenerationOptions,
  type VmGenerationSource,
  type VmGenerationWay,
  watchVmGeneration,
} from './vm-generation.js';
