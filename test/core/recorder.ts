import type { Resource, RestoreInfo } from 'node-crac';

/** Writes down who is told of what. */
export interface Recorder {
  readonly log: string[];
  resource(name: string, behaviour?: Partial<Resource>): Resource;
}

/** Makes a recorder of notifications. */
export function createRecorder(): Recorder {
  const log: string[] = [];
  return {
    log,
    resource: (name, behaviour = {}) => ({
      beforeCheckpoint(context, notice) {
        log.push(`before ${name}`);
        return behaviour.beforeCheckpoint?.(context, notice);
      },
      afterRestore(context, info, notice) {
        log.push(`after ${name}`);
        return behaviour.afterRestore?.(context, info, notice);
      },
    }),
  };
}

/** What resources learn when nothing was restored. */
export const continued: RestoreInfo = {
  restored: false,
  args: [],
  hasArgs: false,
  cwd: '/',
  generation: 0,
  directory: '',
  startedAt: 0,
  frozenMs: 0,
  frozenMonotonicMs: 0,
  duration: 0,
};

/** A promise that never settles. */
export function never(): Promise<void> {
  return new Promise(() => {});
}
