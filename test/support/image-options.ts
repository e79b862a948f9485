import type { checkpointRestore } from 'node-crac/management';

type Options = NonNullable<Parameters<typeof checkpointRestore>[0]>;

/** Options of a checkpoint into the given directory. */
export function imageOptions(directory: string): Options {
  return { directory };
}

/** Options of a checkpoint after which the process goes on. */
export const keepRunning: Options = { keepRunning: true };
