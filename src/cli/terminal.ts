/** What the command writes where: data on standard output, everything said to a person on standard error. */
import Table from 'cli-table3';

/** Prints one line of text. */
export function printLine(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Prints a value for programs. */
export function printJson(value: unknown): void {
  printLine(JSON.stringify(value, null, 2));
}

/** Tells the user something on standard error. */
export function complain(text: string): void {
  process.stderr.write(`crac: ${text}\n`);
}

/** Whether `CRAC_LOG=debug` asks for stacks. */
export function wantsStacks(): boolean {
  return process.env['CRAC_LOG'] === 'debug';
}

/** Lays rows out in columns without lines or colours. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: [...head],
    chars: BLANK,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
  });
  for (const row of rows) table.push([...row]);
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

const BLANK = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
};
