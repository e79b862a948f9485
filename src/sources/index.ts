/**
 * Sources of snapshots that somebody else takes: each one hears of them and has this process prepare and resume itself.
 *
 * @packageDocumentation
 */
export type { PrepareOptions } from '../checkpoint/checkpoint-options.js';
export type { ResumeData } from '../checkpoint/resume-data.js';
export type { SnapshotSource, SourceEvent, SourceOptions } from './source.js';
export {
  type VmGenerationOptions,
  type VmGenerationSource,
  type VmGenerationWay,
  watchVmGeneration,
} from './vm-generation.js';
