/**
 * A file that counts generations, as the proposed device `/dev/sysgenid` does: reading gives the number of the generation (32 bits), which has changed
 * after a snapshot; whoever has adjusted to it writes the number back. A file that nobody waits at will do, if another program changes it.
 */
import { closeSync, constants, readSync, writeSync } from 'node:fs';
import { openDevice } from './descriptor.js';
import { createDriver, listen, type SnapshotSource, type SourceOptions } from './source.js';

/** What is watched. */
export interface GenerationFileOptions extends SourceOptions {
  /** Milliseconds between two looks. @default 100 */
  readonly interval?: number;
}

/** Bytes of the counter. */
const SIZE = 4;

/**
 * Resumes the process, as a restored one, when the counter in the file has changed, and acknowledges that when all resources are back.
 *
 * @throws {Error} when the file cannot be opened for reading and writing
 *
 * @example
 * ```js
 * import { existsSync } from 'node:fs';
 * import { watchGenerationFile } from 'node-crac/sources';
 *
 * if (existsSync('/dev/sysgenid')) watchGenerationFile('/dev/sysgenid');
 * ```
 */
export function watchGenerationFile(path: string, options: GenerationFileOptions = {}): SnapshotSource {
  const { interval = 100 } = options;
  const driver = createDriver('generation-file', options);
  let timer: NodeJS.Timeout | undefined;
  let fd: number | undefined;
  let known: number | undefined;
  let isBusy = false;

  const look = async (file: number): Promise<void> => {
    const generation = readCounter(file);
    if (generation === undefined || generation === known) return;
    known = generation;
    const { kind } = await driver.resume();
    if (kind !== 'failed' && fd === file) writeCounter(file, generation);
  };
  const tick = async (): Promise<void> => {
    if (isBusy || fd === undefined) return;
    isBusy = true;
    try {
      await look(fd);
    } catch (error) {
      close();
      driver.fail(error);
    } finally {
      isBusy = false;
    }
  };
  const close = (): void => {
    clearInterval(timer);
    if (fd !== undefined) closeSync(fd);
    fd = undefined;
  };
  return listen('generation-file', {
    open() {
      fd = openDevice(path, constants.O_RDWR);
      known = readCounter(fd);
      timer = setInterval(() => void tick(), interval).unref();
    },
    close,
    descriptors: () => (fd === undefined ? [] : [fd]),
  });
}

/** `undefined` while the device has nothing to tell: the generation is the one that was acknowledged. */
function readCounter(fd: number): number | undefined {
  const bytes = Buffer.alloc(SIZE);
  try {
    return readSync(fd, bytes, 0, SIZE, 0) === SIZE ? bytes.readUInt32LE() : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return undefined;
    throw error;
  }
}

function writeCounter(fd: number, generation: number): void {
  const bytes = Buffer.alloc(SIZE);
  bytes.writeUInt32LE(generation);
  writeSync(fd, bytes, 0, SIZE, 0);
}
