import { NAMES } from '../scenarios/contestants.js';
import { median, type Row, type ScenarioResult } from './result.js';

const HEAD = ['', 'moment', 'median', 'min', 'p90', 'runs', 'x cold', 'x node -e 0'] as const;
const TEXT_COLUMNS = 2;
const REASON_LENGTH = 300;

/**
 * One scenario as a table: milliseconds (megabytes for copies), and how many times faster than the cold start and than `node -e 0` each
 * is. Who took no part is told below.
 */
export function toTable(result: ScenarioResult): string {
  const lines = align([[...HEAD], ...result.rows.map((row) => toCells(row, result))]);
  const absent = result.absent.map(({ name, absent }) => `${name}: ${oneLine(absent)}`);
  return [...lines, ...absent].join('\n');
}

function toCells(row: Row, result: ScenarioResult): string[] {
  return [
    row.contestant,
    row.metric,
    ...[row.median, row.minimum, row.p90].map(inDigits),
    String(row.runs),
    ratio(median(result, coldOf(row), row.metric), row),
    ratio(median(result, NAMES.emptyNode, 'exit'), row),
  ];
}

/** The cold start that a row is compared with; of several programs in one scenario, that of its own. */
function coldOf({ contestant }: Row): string {
  const [program] = /^.*?: /.exec(contestant) ?? [''];
  return program + NAMES.cold;
}

/** Lines of cells under each other: text to the left, numbers to the right. */
export function align(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows.map((row) =>
    widths
      .map((width, column) => {
        const cell = row[column] ?? '';
        return column < TEXT_COLUMNS ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

function ratio(reference: number | undefined, row: Row): string {
  return reference === undefined ? '' : (reference / row.median).toFixed(1);
}

/** A number of milliseconds or megabytes with as many digits as mean something. */
export function inDigits(value: number): string {
  return value < 10 ? value.toFixed(2) : value.toFixed(1);
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').slice(0, REASON_LENGTH);
}
