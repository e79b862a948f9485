/** What the programs under test share. */
import { checkpointRestore } from 'node-crac/management';

type Options = Parameters<typeof checkpointRestore>[0];
type Restored = Awaited<ReturnType<typeof checkpointRestore>>;

/**
 * Checkpoints this process; resolves in the restored one.
 *
 * With `VERIFY_IMAGE` in the environment the image is compared with the process.
 * With `WITHOUT_CHECKPOINT` in the environment it resolves at once, which tells a broken program from a broken engine.
 */
export async function checkpoint(options?: Options): Promise<Restored> {
  if (process.env['WITHOUT_CHECKPOINT'] !== undefined) return {} as Restored;
  return checkpointRestore({ verify: process.env['VERIFY_IMAGE'] !== undefined, ...options });
}

/** Says that everything was found as it should be. */
export function pass(): void {
  process.stdout.write('pass\n');
}

/** Waits. */
export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Collects garbage; the program must be started with `--expose-gc`. */
export function collectGarbage(): void {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error('Start this program with --expose-gc.');
  gc();
}
