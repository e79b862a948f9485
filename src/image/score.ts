/** The file `score` of an image, in CRaC's format: numbers by which the best of several images can be chosen. */

/** Name of the file inside of an image directory. */
export const SCORE_FILE = 'score';

/** Values by metric. */
export type Scores = Readonly<Record<string, number>>;

/** One line for each metric: `metric=number`. */
export function stringifyScores(scores: Scores): string {
  return Object.entries(scores)
    .map(([metric, value]) => `${metric}=${value}\n`)
    .join('');
}

/** Reads scores; lines that hold no number are passed over. */
export function parseScores(text: string): Scores {
  const scores: Record<string, number> = Object.create(null);
  for (const line of text.split('\n')) {
    const sign = line.indexOf('=');
    const value = line.slice(sign + 1);
    if (sign > 0 && value.trim() !== '' && Number.isFinite(Number(value)))
      scores[line.slice(0, sign)] = Number(value);
  }
  return scores;
}
