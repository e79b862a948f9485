import type { Absentee, Contest } from '../measure/contestant.js';
import { type Summary, summarise } from '../measure/statistics.js';

/** One metric of one contestant. */
export interface Row extends Summary {
  readonly contestant: string;
  readonly metric: string;
  readonly values: readonly number[];
}

/** One scenario under one Node. */
export interface ScenarioResult {
  readonly scenario: string;
  readonly node: string;
  readonly rows: readonly Row[];
  readonly absent: readonly Absentee[];
}

/** Summarises a contest. */
export function toResult(scenario: string, node: string, { series, absent }: Contest): ScenarioResult {
  const rows = series.map((one) => ({ ...one, ...summarise(one.values) }));
  return { scenario, node, rows, absent };
}

/** The median of one metric of one contestant, if it took part. */
export function median(
  result: ScenarioResult | undefined,
  contestant: string,
  metric: string,
): number | undefined {
  return result?.rows.find((row) => row.contestant === contestant && row.metric === metric)?.median;
}
