/** What is told of a series of measurements. */
export interface Summary {
  readonly runs: number;
  readonly median: number;
  readonly minimum: number;
  /** 90th percentile, nearest rank. */
  readonly p90: number;
}

/** Summarises a series of at least one value. */
export function summarise(values: readonly number[]): Summary {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return {
    runs: sorted.length,
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    minimum: at(0),
    p90: at(Math.ceil(sorted.length * 0.9) - 1),
  };
}
