/**
 * Placeholders in the path of an image: `%` with a letter, as in CRaC's `CRaCCheckpointTo`. Pure: whoever expands a path brings the facts.
 */
import { cracError } from '../errors.js';

/** What placeholders stand for. Each is asked only when a path has its placeholder. */
export interface PathFacts {
  /** As in `process.arch`. */
  arch(): string;
  /** Features of the processor, hexadecimal; empty where they are not known. */
  cpuFeatures(): string;
  uuid(): string;
  /** Milliseconds since the epoch. */
  now(): number;
  /** When the process was started by Node, in milliseconds since the epoch. */
  bootTime(): number;
  /** When it was restored last; when it was started, if it never was. */
  restoreTime(): number;
  pid(): number;
  processors(): number;
  /** Bytes to which the heap may grow. */
  maxHeap(): number;
  /** 1 for the first image of a process that Node has started. */
  generation(): number;
}

/** How a number is written: filled up to a width, with zeros or blanks. */
interface Format {
  readonly width: number;
  readonly fill: ' ' | '0';
}

const TEXTS: Readonly<Record<string, (facts: PathFacts) => string>> = {
  '%': () => '%',
  a: (facts) => facts.arch(),
  f: (facts) => facts.cpuFeatures(),
  u: (facts) => facts.uuid(),
  t: (facts) => basicDate(facts.now()),
  b: (facts) => basicDate(facts.bootTime()),
  r: (facts) => basicDate(facts.restoreTime()),
};

const NUMBERS: Readonly<Record<string, (facts: PathFacts) => number>> = {
  T: (facts) => toSeconds(facts.now()),
  B: (facts) => toSeconds(facts.bootTime()),
  R: (facts) => toSeconds(facts.restoreTime()),
  p: (facts) => facts.pid(),
  c: (facts) => facts.processors(),
  m: (facts) => facts.maxHeap(),
  g: (facts) => facts.generation(),
};

/** Every letter that may follow a `%`. */
export const PLACEHOLDERS: readonly string[] = [...Object.keys(TEXTS), ...Object.keys(NUMBERS)];

const PATTERN = /%(0?)(\d*)(.?)/gsu;
const WIDEST = 64;

/**
 * The path with all its placeholders replaced.
 *
 * @throws {CracException} `ERR_CRAC_PLACEHOLDER_INVALID`
 */
export function expandPath(path: string, facts: PathFacts): string {
  return path.replace(PATTERN, (placeholder, zero: string, width: string, letter: string) => {
    const problem = problemOf(zero, width, letter);
    if (problem !== undefined)
      throw cracError('ERR_CRAC_PLACEHOLDER_INVALID', { path, placeholder, reason: problem });
    const text = TEXTS[letter];
    if (text !== undefined) return text(facts);
    const number = NUMBERS[letter]?.(facts) ?? 0;
    if (letter === 'm' && width === '') return shortSize(number);
    return fill(number, { width: Number(width), fill: zero === '' ? ' ' : '0' });
  });
}

/**
 * Refuses a path whose placeholders could not be replaced, long before they are.
 *
 * @throws {CracException} `ERR_CRAC_PLACEHOLDER_INVALID`
 */
export function checkPath(path: string): void {
  expandPath(path, SAMPLE);
}

/** The path that expands to `path` itself. */
export function literalPath(path: string): string {
  return path.replaceAll('%', '%%');
}

function problemOf(zero: string, width: string, letter: string): string | undefined {
  if (!PLACEHOLDERS.includes(letter))
    return `"${letter}" is none of ${PLACEHOLDERS.join(' ')}; write %% for a percent sign`;
  if (zero !== '' && width === '') return 'a width must follow the 0';
  if (Number(width) > WIDEST) return `a number may not be wider than ${WIDEST}`;
  if (zero + width !== '' && TEXTS[letter] !== undefined) return 'only numbers have a width';
  return undefined;
}

function fill(number: number, { width, fill: filling }: Format): string {
  return String(number).padStart(width, filling);
}

/** ISO 8601 without what file names could not hold: `20260131T235959Z`. */
function basicDate(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/[-:]|\.\d+/g, '');
}

function toSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}

/** `2096M`, as options of Node.js and of other runtimes say it. */
function shortSize(bytes: number): string {
  const units = ['', 'k', 'M', 'G'];
  let size = bytes;
  let unit = 0;
  while (unit < units.length - 1 && size !== 0 && size % 1024 === 0) {
    size /= 1024;
    unit += 1;
  }
  return `${size}${units[unit]}`;
}

const SAMPLE: PathFacts = {
  arch: () => '',
  cpuFeatures: () => '',
  uuid: () => '',
  now: () => 0,
  bootTime: () => 0,
  restoreTime: () => 0,
  pid: () => 0,
  processors: () => 0,
  maxHeap: () => 0,
  generation: () => 0,
};
