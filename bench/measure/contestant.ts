/** One way of doing the same thing. */
export interface Contestant {
  readonly name: string;
  /** Does it once; gives each metric's value, and rejects when the outcome was wrong. */
  run(): Promise<Readonly<Record<string, number>>>;
  /** How often it takes part, when not as often as the others. */
  readonly runs?: number | undefined;
}

/** A way that cannot take part here. */
export interface Absentee {
  readonly name: string;
  /** One sentence. */
  readonly absent: string;
}

/** Values of one metric of one contestant, in the order of the runs. */
export interface Series {
  readonly contestant: string;
  readonly metric: string;
  readonly values: readonly number[];
}

/** What came out of one scenario. */
export interface Contest {
  readonly series: readonly Series[];
  readonly absent: readonly Absentee[];
}

/** Whether somebody takes part. */
export function isPresent(entry: Contestant | Absentee): entry is Contestant {
  return 'run' in entry;
}

/** Whether somebody does not. */
export function isAbsent(entry: Contestant | Absentee): entry is Absentee {
  return !isPresent(entry);
}
