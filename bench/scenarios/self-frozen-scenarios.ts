import { inRepository } from '../measure/paths.js';
import type { Scenario } from './scenario.js';
import { raceSelfFrozen } from './self-frozen.js';

const END = '\u0004';
const MEGABYTES_PER_GIGABYTE = 1024;
const CRIU_HEAP_RUNS = 3;

function program(name: string): string {
  return inRepository(`bench/programs/${name}`);
}

/** A program that does nothing but write one byte. */
export const empty: Scenario = {
  name: 'empty',
  measures: 'An empty program: spawn to the first byte that its JavaScript writes.',
  run: (bench) =>
    raceSelfFrozen(bench, { program: program('empty.js'), args: [], expected: `!${END}`, hasCold: true }),
};

/** The TypeScript compiler, warmed with one file and restored with another. */
export const typescript: Scenario = {
  name: 'typescript',
  measures: 'The TypeScript compiler, warmed with one file, given another one: spawn to its complete output.',
  run: (bench) =>
    raceSelfFrozen(bench, {
      program: program('typescript-compiler.js'),
      env: { BENCH_WARM: program('sources/warm.mts') },
      args: [program('sources/fresh.mts')],
      hasCold: true,
    }),
};

/** ESLint, warmed with one file and restored with another. */
export const eslint: Scenario = {
  name: 'eslint',
  measures:
    'ESLint with all of its rules, warmed with one file, given another one: spawn to its complete findings.',
  run: (bench) =>
    raceSelfFrozen(bench, {
      program: program('eslint.js'),
      env: { BENCH_WARM: program('sources/warm.js') },
      args: [program('sources/fresh.js')],
      hasCold: true,
    }),
};

/** Live buffers of a size. */
function heap(name: string, gigabytes: number): Scenario {
  const megabytes = Math.round(gigabytes * MEGABYTES_PER_GIGABYTE);
  return {
    name,
    measures: `${gigabytes} GB of live buffers: spawn to the first JavaScript, and to one byte of every megabyte read, checked and changed.`,
    run: (bench) =>
      raceSelfFrozen(bench, {
        program: program('heap.js'),
        env: { BENCH_MEGABYTES: String(megabytes) },
        args: [],
        expected: `!${megabytes}${END}`,
        criuRuns: CRIU_HEAP_RUNS,
        hasCold: false,
      }),
  };
}

/** Heaps of 0.1, 1 and 4 GB. */
export const heaps: readonly Scenario[] = [heap('heap-0.1', 0.1), heap('heap-1', 1), heap('heap-4', 4)];
