import { NAMES } from '../scenarios/contestants.js';
import { REPAIRS } from '../scenarios/repairs.js';
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
  const repaired = (name: string): number | undefined => median(of('repairs'), name, FIRST_JAVASCRIPT);
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
    toGoal(
      node,
      'milliseconds that the resources of Node.js add to a restore',
      3,
      difference(repaired(REPAIRS.on), repaired(REPAIRS.off)),
      (added) => added < 3,
    ),
  ];
}

/** A goal in one line. */
export function toLine({ node, goal, wanted, measured, verdict }: Goal): string {
  const unit = goal.startsWith('milliseconds') ? 'ms' : 'x';
  const value = measured === undefined ? '-' : `${measured.toFixed(1)} ${unit}`;
  const bound = /^(?:restore of 4 GB|milliseconds)/.test(goal) ? 'at most' : 'at least';
  return `${verdict.padEnd(12)} ${node.padEnd(11)} ${goal}: ${value} (${bound} ${wanted} ${unit})`;
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

function difference(long: number | undefined, short: number | undefined): number | undefined {
  return long === undefined || short === undefined ? undefined : long - short;
}

function divide(dividend: number | undefined, divisor: number | undefined): number | undefined {
  return dividend === undefined || divisor === undefined ? undefined : dividend / divisor;
}
