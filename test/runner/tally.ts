/** A test that was not run, and why. */
export interface Skip {
  readonly title: string;
  readonly reason: string;
}

/** A test that failed, and how. */
export interface Failure {
  readonly title: string;
  readonly file: string;
  readonly detail: string;
}

/** What came of a run; durations in milliseconds. */
export interface Tally {
  readonly tests: number;
  readonly suites: number;
  readonly pass: number;
  readonly fail: number;
  readonly cancelled: number;
  readonly skipped: number;
  readonly todo: number;
  readonly duration: number;
  readonly skips: readonly Skip[];
  readonly failures: readonly Failure[];
  /** Failures that did not come again when their file was run alone. */
  readonly unsteady: readonly Failure[];
}

/** A tally of nothing. */
export function emptyTally(): Tally {
  const counts = { tests: 0, suites: 0, pass: 0, fail: 0, cancelled: 0, skipped: 0, todo: 0, duration: 0 };
  return { ...counts, skips: [], failures: [], unsteady: [] };
}

/** The sum of two tallies. */
export function addTallies(a: Tally, b: Tally): Tally {
  return {
    tests: a.tests + b.tests,
    suites: a.suites + b.suites,
    pass: a.pass + b.pass,
    fail: a.fail + b.fail,
    cancelled: a.cancelled + b.cancelled,
    skipped: a.skipped + b.skipped,
    todo: a.todo + b.todo,
    duration: a.duration + b.duration,
    skips: [...a.skips, ...b.skips],
    failures: [...a.failures, ...b.failures],
    unsteady: [...a.unsteady, ...b.unsteady],
  };
}
