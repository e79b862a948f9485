/**
 * What all sources of snapshots have in common. A source knows when somebody else takes a snapshot of this process: of its machine, most often. It
 * drives `prepare()` before that and `resume()` after it, or only what it hears of.
 */
import type { PrepareOptions } from '../checkpoint/checkpoint-options.js';
import type { ResumeData } from '../checkpoint/resume-data.js';
import { manager } from '../composition.js';
import { isPreparing, keepOpen } from '../core/kept-open.js';
import { joinRuntime } from '../core/runtime-context.js';

/** What a source has done, in the order in which it happens; the names of all are `SOURCE_EVENTS`. */
export const SOURCE_EVENTS = ['prepared', 'resumed', 'undone', 'renewed', 'failed'] as const;

/** One thing that a source has done. */
export interface SourceEvent {
  /**
   * `prepared`: the snapshot may be taken. `resumed`: the process goes on as a restored one. `undone`: as the original, there was no snapshot. `renewed`:
   * the process is a copy that nobody had prepared, so that only its random numbers were renewed. `failed`: see `error`.
   */
  readonly kind: (typeof SOURCE_EVENTS)[number];
  /** Name of the source. */
  readonly source: string;
  /** What failed: a `CheckpointException` of `prepare()`, a `RestoreException` of `resume()`, or why the source hears nothing. */
  readonly error?: Error;
}

/** What holds for all sources. */
export interface SourceOptions {
  /** What `prepare()` is called with. @default none */
  readonly prepare?: PrepareOptions;
  /** Asked for what `resume()` is to bring, at each resume. @default nothing: the process keeps arguments, environment and directory */
  readonly resume?: () => ResumeData;
  /** Told of everything that the source does. @default failures and `renewed` are warnings of the process */
  readonly onEvent?: (event: SourceEvent) => void;
}

/** A source that is listening. It never keeps the process alive. */
export interface SnapshotSource {
  readonly name: string;
  /** Ends the listening. A process that is prepared stays so until its deadline. May be called more than once. */
  close(): void;
}

/** What a source tells the process to do. Its calls never throw: what fails is an event, which they return. */
export interface Driver {
  prepare(): Promise<SourceEvent>;
  /** As a restored process; where it is not prepared, its random numbers are renewed. */
  resume(): Promise<SourceEvent>;
  /** As the original; nothing is done where the process is not prepared. */
  undo(): Promise<SourceEvent>;
  /** Says that something has failed. */
  fail(error: unknown): void;
}

/** Makes the driver of the source called `name`. */
export function createDriver(name: string, { prepare, resume, onEvent = warn }: SourceOptions): Driver {
  const tell = (kind: SourceEvent['kind'], error?: Error): SourceEvent => {
    const event = { kind, source: name, ...(error !== undefined && { error }) };
    onEvent(event);
    return event;
  };
  const attempt = async (kind: SourceEvent['kind'], act: () => unknown): Promise<SourceEvent> => {
    try {
      await act();
    } catch (thrown) {
      return tell('failed', toError(thrown));
    }
    return tell(kind);
  };
  return {
    prepare: () => attempt('prepared', () => manager.prepare(prepare)),
    resume: () =>
      manager.isPrepared()
        ? attempt('resumed', () => manager.resume(resume?.() ?? {}))
        : attempt('renewed', () => manager.renewRandomness()),
    undo: () => attempt('undone', () => (manager.isPrepared() ? manager.resume() : undefined)),
    fail: (error) => void tell('failed', toError(error)),
  };
}

/** What a source listens with. */
export interface Ear {
  /** Begins to listen; the process may be another one by now. */
  open(): void;
  /** Ends it; does nothing when it has ended. */
  close(): void;
  /** Descriptors that are open for it. */
  descriptors(): Iterable<number>;
}

/** Milliseconds between a restore from an image and the listening: the first requests come first. */
const DELAY = 20;

/** Listens while the process is prepared, and not while an image of it is written. */
export function listen(name: string, ear: Ear): SnapshotSource {
  let isClosed = false;
  let isAway = false;
  const open = (): void => {
    if (!isClosed) ear.open();
  };
  joinRuntime(name, {
    beforeCheckpoint() {
      if (isPreparing()) return;
      isAway = true;
      ear.close();
    },
    afterRestore(_context, { restored }) {
      if (!isAway) return;
      isAway = false;
      if (restored) setTimeout(open, DELAY).unref();
      else open();
    },
  });
  const forget = keepOpen(() => ear.descriptors());
  ear.open();
  return {
    name,
    close() {
      if (isClosed) return;
      isClosed = true;
      forget();
      ear.close();
    },
  };
}

function warn({ kind, source, error }: SourceEvent): void {
  if (kind === 'failed') process.emitWarning(`${source}: ${error?.message}`, { type: 'CracWarning' });
  if (kind === 'renewed') process.emitWarning(`${source}: ${UNPREPARED}`, { type: 'CracWarning' });
}

const UNPREPARED =
  'a snapshot was taken of this process, which was not prepared for it: its random numbers have been renewed, its resources have not been told.';

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
