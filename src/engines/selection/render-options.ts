import type { EngineModule, EngineOption } from '../engine.js';

const HEAD = ['OPTION', 'TYPE', 'DEFAULT', 'PHASES', 'MEANING'];

/** What `--engine-options help` prints: the engine and those of its options whose key holds `pattern`. */
export function renderOptions({ name, description, options }: EngineModule, pattern: string): string {
  const chosen = options.filter(({ key }) => key.includes(pattern));
  const title = `Engine ${name}: ${description}.`;
  if (options.length === 0) return `${title}\nIt has no options.`;
  if (chosen.length === 0) return `${title}\nNone of its options holds "${pattern}" in its name.`;
  return `${title}\n${formatTable([HEAD, ...chosen.map(rowOf)])}`;
}

function rowOf({ key, type, default: value, phases, description }: EngineOption): readonly string[] {
  return [key, type, value === undefined ? '-' : String(value), phases.join(', '), description];
}

function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
