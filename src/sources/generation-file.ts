/**
 * A file that counts generations, as the proposed device `/dev/sysgenid` does: reading gives the number of the generation (32 bits), which has changed
 * after a snapshot; whoever has adjusted to it writes the number back. Its first page can be mapped, and begins with the same number. A file that nobody
 * waits at will do, if another program changes it.
 *
 * The device would block a read until there is a new generation. Nobody reads it so here: the thread of the pool that waits could neither be called
 * back nor be part of an image.
 */
import { constants, writeSync } from 'node:fs';
import { type Counter, openCounter } from './counter.js';
import { openDevice } from './descriptor.js';
import { createDriver, listen, type SnapshotSource, type SourceOptions } from './source.js';

/** What is watched. */
export interface GenerationFileOptions extends SourceOptions {
  /** Milliseconds between two looks. @default 100 */
  readonly interval?: number;
}

/** A source that counts generations. */
export interface GenerationFileSource extends SnapshotSource {
  /**
   * The generation now. Who keeps something unique compares it with the one in which that was made: asking is a look, too, so that a copy that nobody
   * had prepared has new random numbers before it returns. It costs no system call where the file is mapped.
   *
   * `undefined` once the source is closed, while an image is written, for the first 20 ms of a process that was restored from one, and where a device that
   * can't be mapped has told of no generation yet.
   */
  readonly generation: number | undefined;
  /** Whether the counter is mapped: a device or sealed memory (`memfd_create()`). Other files could become shorter, which would end whoever reads there. */
  readonly isMapped: boolean;
}

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
export function watchGenerationFile(path: string, options: GenerationFileOptions = {}): GenerationFileSource {
  const { interval = 100 } = options;
  const driver = createDriver('generation-file', options);
  let timer: NodeJS.Timeout | undefined;
  let counter: Counter | undefined;
  let known: number | undefined;
  let isBusy = false;

  const look = async (own: Counter): Promise<void> => {
    const generation = own.read();
    if (generation === undefined || generation === known) return;
    known = generation;
    const { kind } = await driver.resume();
    if (kind !== 'failed' && counter === own) acknowledge(own.fd, generation);
  };
  const tick = async (): Promise<void> => {
    if (isBusy || counter === undefined) return;
    isBusy = true;
    try {
      await look(counter);
    } catch (error) {
      close();
      driver.fail(error);
    } finally {
      isBusy = false;
    }
  };
  const close = (): void => {
    clearInterval(timer);
    counter?.close();
    counter = undefined;
  };
  const open = (): void => {
    counter = openCounter(openDevice(path, constants.O_RDWR));
    known = counter.read();
    timer = setInterval(() => void tick(), interval).unref();
  };
  /** Where a process is restored there may be no such file. */
  const openAgain = (): void => {
    try {
      open();
    } catch (error) {
      driver.fail(error);
    }
  };
  let begin = open;
  const source = listen('generation-file', {
    open() {
      begin();
      begin = openAgain;
    },
    close,
    descriptors: () => (counter === undefined ? [] : [counter.fd]),
  });
  return {
    ...source,
    get generation() {
      void tick();
      return counter === undefined ? undefined : (counter.read() ?? known);
    },
    get isMapped() {
      return counter?.isMapped === true;
    },
  };
}

function acknowledge(fd: number, generation: number): void {
  const bytes = Buffer.alloc(Uint32Array.BYTES_PER_ELEMENT);
  bytes.writeUInt32LE(generation);
  writeSync(fd, bytes, 0, bytes.length, 0);
}
