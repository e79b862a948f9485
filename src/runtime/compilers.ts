import { setFlagsFromString } from 'node:v8';
import { isOn } from './v8-flags.js';

/** V8's compilers, as far as the first moments of a restored process depend on them. */
export interface Compilers {
  /** Has V8 make no function faster, until it next collects garbage or `release()` is called. What is fast stays so. */
  hold(): void;
  /** Ends that. May be called at any time. */
  release(): void;
}

/** Flags of V8 for the compilers behind the interpreter. */
const FLAGS = ['maglev', 'turbofan', 'sparkplug'];

/**
 * Makes the handle of V8's compilers; `awaitCollection` has V8 in this thread set flags when it next begins a collection, and forgets them for
 * an empty text.
 *
 * Only a V8 with Maglev compiles that much on its other threads that a restored process feels it. Where one of them is
 * off already, they stay as they are.
 */
export function createCompilers(awaitCollection: (flags: string) => void): Compilers {
  let isHeld = false;
  return {
    hold() {
      if (isHeld || !hasMaglev() || !FLAGS.every(isOn)) return;
      isHeld = true;
      setFlagsFromString(FLAGS.map((name) => `--no-${name}`).join(' '));
      awaitCollection(ALL);
    },
    release() {
      if (!isHeld) return;
      isHeld = false;
      awaitCollection('');
      setFlagsFromString(ALL);
    },
  };
}

const ALL = FLAGS.map((name) => `--${name}`).join(' ');

function hasMaglev(): boolean {
  const { variables } = process.config as { readonly variables: { readonly v8_enable_maglev?: unknown } };
  return Number(variables.v8_enable_maglev) === 1;
}
