import { processWide } from '../core/process-wide.js';
import { cracError } from '../errors.js';

/** Called before scores are read; sets those that it knows best. */
export type ScoreProvider = () => void;

/** Beginnings of the names of metrics that the runtime records itself. */
export const RESERVED_PREFIXES = ['vm.', 'node.', 'v8.', 'crac.'] as const;

interface ScoreState {
  readonly values: Map<string, number>;
  readonly providers: Set<ScoreProvider>;
}

/** Sets a metric of the images to come. */
export function setScore(metric: string, value: number): void {
  checkMetric(metric);
  if (typeof value !== 'number' || !Number.isFinite(value)) refuse('value', 'a finite number', String(value));
  state().values.set(metric, value);
}

/** Takes a metric back; whether it was set. */
export function removeScore(metric: string): boolean {
  checkMetric(metric);
  return state().values.delete(metric);
}

/** Has `provider` called before each reading of scores, until the returned function is called. */
export function addScoreProvider(provider: ScoreProvider): () => void {
  if (typeof provider !== 'function') refuse('provider', 'a function', typeof provider);
  const entry: ScoreProvider = () => provider();
  state().providers.add(entry);
  return () => void state().providers.delete(entry);
}

/** What the program says of itself, after all providers were asked; `report` hears of those that failed. */
export function readScores(report: (error: unknown) => void): Readonly<Record<string, number>> {
  for (const provider of [...state().providers]) {
    try {
      provider();
    } catch (error) {
      report(error);
    }
  }
  return Object.fromEntries(state().values);
}

function checkMetric(metric: unknown): void {
  if (typeof metric !== 'string' || !/^[^=\n\0]+$/.test(metric))
    refuse('metric', 'a name without "=" and line ends', JSON.stringify(metric) ?? typeof metric);
  const prefix = RESERVED_PREFIXES.find((reserved) => (metric as string).startsWith(reserved));
  if (prefix !== undefined)
    refuse('metric', `a name that does not begin with the reserved "${prefix}"`, String(metric));
}

function refuse(argument: string, expected: string, received: string): never {
  throw cracError('ERR_CRAC_INVALID_ARGUMENT', { argument, expected, received });
}

function state(): ScoreState {
  return processWide('scores', () => ({ values: new Map(), providers: new Set() }));
}
