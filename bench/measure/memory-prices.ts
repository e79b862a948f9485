import { execFileSync } from 'node:child_process';
import { inRepository } from './paths.js';

const NANOSECONDS_PER_MICROSECOND = 1000;

/** What the machine charges for memory, in microseconds. */
export interface MemoryPrices {
  /** One anonymous page. */
  readonly anonymous: number;
  /** One page of a private mapping that is written. */
  readonly copied: number;
  /** The first look into a piece of a mapped file, which brings 16 pages. */
  readonly looked: number;
  /** One call of `mmap`. */
  readonly mapped: number;
}

/** Measures the prices with a file that is in the page cache. */
export function measureMemoryPrices(file: string): MemoryPrices {
  const output = execFileSync(inRepository('build/bench/native/pages'), [file], { encoding: 'utf8' });
  const { anonymous, copied, looked, mapped } = JSON.parse(output) as MemoryPrices;
  return {
    anonymous: anonymous / NANOSECONDS_PER_MICROSECOND,
    copied: copied / NANOSECONDS_PER_MICROSECOND,
    looked: looked / NANOSECONDS_PER_MICROSECOND,
    mapped: mapped / NANOSECONDS_PER_MICROSECOND,
  };
}

/** The prices as a sentence. */
export function tellMemoryPrices({ anonymous, copied, looked, mapped }: MemoryPrices): string {
  return (
    `Memory on this machine, microseconds: a new page ${anonymous}, a page copied when written ${copied}, ` +
    `a look at 16 pages of a file ${looked}, a mapping ${mapped}.`
  );
}
