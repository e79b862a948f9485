import { setFlagsFromString } from 'node:v8';
import { isOn } from './v8-flags.js';

/** V8's compilers, as far as the first moments of a restored process depend on them. */
export interface Compilers {
  /** Has V8 make no function faster until `release()` is called. What is fast stays so. */
  hold(): void;
  /** From here on the program may compute for a moment before they are released; nothing happens where they are not held. */
  limit(): void;
  /** Ends that. May be called at any time. */
  release(): void;
}

/** Sets flags of V8 once the process has computed for so many milliseconds; without arguments that is taken back. */
type SetFlagsLater = (...flagsAndMilliseconds: [] | [string, number]) => void;

/** Milliseconds of processor time: the first answers of a server take some of them, and a long computation, in whatever thread, does not suffer. */
const LIMIT = 30;

/** Flags of V8 for the compilers behind the interpreter. */
const FLAGS = ['maglev', 'turbofan', 'sparkplug'];

/**
 * Makes the handle of V8's compilers.
 *
 * Only a V8 with Maglev compiles that much on its other threads that a restored process feels it. Where one of them is
 * off already, they stay as they are.
 */
export function createCompilers(setFlagsLater: SetFlagsLater): Compilers {
  let isHeld = false;
  const limit = (): void => {
    if (isHeld) setFlagsLater(ALL, LIMIT);
  };
  return {
    limit,
    hold() {
      if (isHeld || !hasMaglev() || !FLAGS.every(isOn)) return;
      isHeld = true;
      setFlagsLater();
      setFlagsFromString(FLAGS.map((name) => `--no-${name}`).join(' '));
    },
    release() {
      if (!isHeld) return;
      isHeld = false;
      setFlagsLater();
      setFlagsFromString(ALL);
    },
  };
}

const ALL = FLAGS.map((name) => `--${name}`).join(' ');

function hasMaglev(): boolean {
  const { variables } = process.config as { readonly variables: { readonly v8_enable_maglev?: unknown } };
  return Number(variables.v8_enable_maglev) === 1;
}
