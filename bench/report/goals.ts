import { NAMES } from '../scenarios/contestants.js';
import { median, type ScenarioResult } from './result.js';

/** What is expected of a result, and what came out. */
export interface Goal {
  readonly node: string;
  readonly goal: string;
  readonly wanted: number;
  /** Undefined when one of the two sides was not measured. */
  readonly measured: number | undefined;
  readonly verdict: 'PASS' | 'MISS' | 'NOT MEASURED';
}

const FIRST_JAVASCRIPT = 'first JavaScript';

/** Judges the results of one Node by medians of the launcher. */
export function judge(node: string, results: readonly ScenarioResult[]): Goal[] {
  const of = (scenario: string): ScenarioResult | undefined =>
    results.find((result) => result.scenario === scenario && result.node === node);
  const [empty, express] = [of('empty'), of('express')];
  const answer = (name: string): number | undefined => median(express, name, 'answer');
  const start = (result: ScenarioResult | undefined): number | undefined =>
    median(result, NAMES.launcher, FIRST_JAVASCRIPT);
  return [
    atLeast(
      node,
      'restore to first JavaScript against node -e 0',
      15,
      median(empty, NAMES.emptyNode, 'exit'),
      start(empty),
    ),
    atLeast(
      node,
      'first answer of Express against its cold start',
      10,
      answer(NAMES.cold),
      answer(NAMES.launcher),
    ),
    atLeast(node, 'first answer of Express against CRIU', 5, answer(NAMES.criu), answer(NAMES.launcher)),
    atMost(node, 'restore of 4 GB against 0.1 GB', 2, start(of('heap-4')), start(of('heap-0.1'))),
  ];
}

/** A goal in one line. */
export function toLine({ node, goal, wanted, measured, verdict }: Goal): string {
  const value = measured === undefined ? '-' : `${measured.toFixed(1)} x`;
  const bound = goal.startsWith('restore of 4 GB') ? 'at most' : 'at least';
  return `${verdict.padEnd(12)} ${node.padEnd(11)} ${goal}: ${value} (${bound} ${wanted} x)`;
}

function atLeast(node: string, goal: string, wanted: number, slow?: number, fast?: number): Goal {
  return toGoal(node, goal, wanted, divide(slow, fast), (ratio) => ratio >= wanted);
}

function atMost(node: string, goal: string, wanted: number, large?: number, small?: number): Goal {
  return toGoal(node, goal, wanted, divide(large, small), (ratio) => ratio <= wanted);
}

function toGoal(
  node: string,
  goal: string,
  wanted: number,
  measured: number | undefined,
  isReached: (ratio: number) => boolean,
): Goal {
  if (measured === undefined) return { node, goal, wanted, measured, verdict: 'NOT MEASURED' };
  return { node, goal, wanted, measured, verdict: isReached(measured) ? 'PASS' : 'MISS' };
}

function divide(dividend: number | undefined, divisor: number | undefined): number | undefined {
  return dividend === undefined || divisor === undefined ? undefined : dividend / divisor;
}
