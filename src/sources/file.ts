/**
 * A file through which anybody who can write one asks for the two steps: a shell script, an agent inside of a virtual machine.
 *
 *   FILE          written by the other side: lines "prepare ID", "resume ID", "undo ID". The last one that ends with a line break counts, so one
 *                 that is not written to its end yet is none.
 *   FILE.answer   replaced as a whole by the process, when it has done what the last line says: "ready ID", "resumed ID", "undone ID" or
 *                 "failed ID", and behind it what was asked for and a reason. "renewed ID" where it was to be resumed and was not prepared (any more): its random
 *                 numbers have been renewed, its resources have not been told.
 *
 * The file says what is to be, not what has happened. A process that is started, or comes late, does what the last line says unless it is answered;
 * one that was started anew while its answer says "ready" is prepared anew.
 */
import { closeSync, openSync, readFileSync, readSync, renameSync, writeFileSync } from 'node:fs';
import { manager } from '../composition.js';
import { checkOptions, refuseArgument } from '../core/arguments.js';
import {
  createDriver,
  type Driver,
  listen,
  type SnapshotSource,
  type SourceEvent,
  type SourceOptions,
} from './source.js';

/** What is watched. */
export interface SnapshotFileOptions extends SourceOptions {
  /** Milliseconds between two looks. @default 100 */
  readonly interval?: number;
}

/** What can be asked for. */
type Wish = 'prepare' | 'resume' | 'undo';

/** How is said what was done. */
const ANSWERS = {
  prepared: 'ready',
  resumed: 'resumed',
  renewed: 'renewed',
  undone: 'undone',
  failed: 'failed',
} as const;

interface Line {
  readonly wish: Wish;
  readonly id: string;
}

/** As much of the end of the file as is looked at, in bytes. */
const TAIL = 4096;

const LINE = /^(prepare|resume|undo) ([\w.:-]{1,128})$/;

/**
 * Prepares and resumes the process as the file at `path` says. The file need not exist yet.
 *
 * @example
 * ```js
 * import { watchSnapshotFile } from 'node-crac/sources';
 *
 * const source = watchSnapshotFile('/run/app/snapshot');
 * source.close();
 * ```
 */
export function watchSnapshotFile(path: string, options: SnapshotFileOptions = {}): SnapshotSource {
  checkOptions(options);
  if (typeof path !== 'string' || path === '') refuseArgument('path', 'the path of a file', path);
  const { interval = 100 } = options;
  if (!(interval > 0)) refuseArgument('interval', 'a positive number of milliseconds', interval);
  const driver = createDriver('snapshot-file', options);
  let timer: NodeJS.Timeout | undefined;
  let isBusy = false;

  const look = async (): Promise<void> => {
    const line = readLast(path);
    if (isBusy || line === undefined || isAnswered(path, line)) return;
    isBusy = true;
    try {
      answer(path, line, await carryOut(driver, line));
    } catch (error) {
      driver.fail(error);
    } finally {
      isBusy = false;
    }
  };
  return listen('snapshot-file', {
    open() {
      timer = setInterval(() => void look(), interval).unref();
    },
    close: () => clearInterval(timer),
    descriptors: () => [],
  });
}

/** A process that is prepared already is no failure: the answer may have been lost. */
async function carryOut(driver: Driver, { wish }: Line): Promise<Pick<SourceEvent, 'kind' | 'error'>> {
  if (wish === 'undo') return driver.undo();
  if (wish === 'resume') return driver.resume();
  return manager.isPrepared() ? { kind: 'prepared' } : driver.prepare();
}

/** The last complete line, if it is one of ours. */
function readLast(path: string): Line | undefined {
  const [, last = ''] = /(?:^|\n)([^\n]*)\n[^\n]*$/.exec(readTail(path)) ?? [];
  const [, wish, id] = LINE.exec(last.trim()) ?? [];
  return wish !== undefined && id !== undefined ? { wish: wish as Wish, id } : undefined;
}

/** Empty when there is no file. */
function readTail(path: string): string {
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    const buffer = Buffer.alloc(TAIL);
    let tail = '';
    for (let size = readSync(fd, buffer); size > 0; size = readSync(fd, buffer))
      tail = (tail + buffer.toString('latin1', 0, size)).slice(-TAIL);
    return tail;
  } catch {
    return '';
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** The answer begins with what was asked for, so that one to another line of the same ID is none. */
function isAnswered(path: string, { wish, id }: Line): boolean {
  const [kind, answered, asked] = readAnswer(path).split(/\s+/);
  if (answered !== id || asked !== `(${wish})`) return false;
  return kind !== ANSWERS.prepared || manager.isPrepared();
}

function readAnswer(path: string): string {
  try {
    return readFileSync(`${path}.answer`, 'latin1');
  } catch {
    return '';
  }
}

/** Whoever reads it finds the old answer or the new one. */
function answer(
  path: string,
  { wish, id }: Line,
  { kind, error }: Pick<SourceEvent, 'kind' | 'error'>,
): void {
  const reason = error === undefined ? '' : ` ${error.message.replaceAll(/\s+/g, ' ')}`;
  writeFileSync(`${path}.answer.tmp`, `${ANSWERS[kind]} ${id} (${wish})${reason}\n`);
  renameSync(`${path}.answer.tmp`, `${path}.answer`);
}
