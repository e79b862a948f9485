import type { StandardStream } from './made-streams.js';

/** Methods of a terminal that a program may call, because it has found one when it started. */
const METHODS = {
  setRawMode(this: unknown): unknown {
    return this;
  },
  cursorTo: done,
  moveCursor: done,
  clearLine: done,
  clearScreenDown: done,
  hasColors: () => false,
  getColorDepth: () => 1,
  getWindowSize: () => [undefined, undefined],
  _refreshSize() {},
} as const;

const INPUT = ['setRawMode'] as const;
const OUTPUT = Object.keys(METHODS).filter((name) => name !== 'setRawMode') as (keyof typeof METHODS)[];

/** Makes a stream that is no terminal any more say so, and lets a terminal's methods do nothing instead of being gone. */
export function becomeFormer(stream: StandardStream): void {
  for (const name of ['isTTY', 'isRaw', 'rawMode', 'columns', 'rows'] as const) delete stream[name];
  for (const name of methodsOf(stream)) {
    Object.defineProperty(stream, name, { value: METHODS[name], writable: true, configurable: true });
  }
}

/** Takes that back. */
export function endFormer(stream: StandardStream): void {
  for (const name of methodsOf(stream)) delete (stream as unknown as Record<string, unknown>)[name];
}

function methodsOf(stream: StandardStream): readonly (keyof typeof METHODS)[] {
  return stream.fd === 0 ? INPUT : OUTPUT;
}

/** Each of these methods takes a callback last. */
function done(...given: readonly unknown[]): boolean {
  const callback = given.at(-1);
  if (typeof callback === 'function') process.nextTick(callback as () => void);
  return true;
}
