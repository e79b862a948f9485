import type { Failure, Tally } from './tally.js';

interface Result {
  readonly title: string;
  readonly file: string;
}

/** Lines of a failure that are told again at the end of a run. */
const LINES_TOLD_AGAIN = 12;

const SLOWEST_TOLD = 12;

/** Prints one line for a test that passed. */
export function reportPass({ title, file, duration }: Result & { readonly duration: number }): void {
  print(`✔ ${file}: ${title} (${Math.round(duration)} ms)`);
}

/** Prints a failure with its details and with what its file wrote. */
export function reportFailure(
  { title, file, detail }: Result & { readonly detail: string },
  output: string,
): void {
  print(`✘ ${file}: ${title}\n${indent(detail)}`);
  if (output.trim() !== '') print(`  output of ${file}:\n${indent(output.trimEnd())}`);
}

/** Prints the files whose tests took longest together: whoever adds tests sees where the time of a run goes. */
export function reportSlowest(tallies: ReadonlyMap<string, Tally>): void {
  const slowest = [...tallies].sort(([, a], [, b]) => b.duration - a.duration).slice(0, SLOWEST_TOLD);
  print(`Slowest: ${slowest.map(([file, tally]) => `${file} ${inSeconds(tally)}`).join(', ')}`);
}

/** Prints what came of one Node. */
export function reportNode(major: string, tally: Tally): void {
  const { pass, fail, cancelled, skipped } = tally;
  print(
    `Node ${major}: ${pass} passed, ${fail + cancelled} failed, ${skipped} skipped in ${inSeconds(tally)}\n`,
  );
}

function inSeconds({ duration }: Tally): string {
  return `${(duration / 1000).toFixed(1)} s`;
}

/** Prints what failed under one Node again, shortly: the end of a long run is what people read, and may be all that is kept. */
export function reportFailures(major: string, { failures, unsteady }: Tally): void {
  for (const failure of unsteady)
    print(`Unsteady under Node ${major}, passed when run alone: ${brief(failure)}`);
  for (const failure of failures) print(`Failed under Node ${major}: ${brief(failure)}`);
}

function brief({ title, file, detail }: Failure): string {
  const beginning = detail.split('\n').slice(0, LINES_TOLD_AGAIN).join('\n');
  return `${file}: ${title}\n${indent(beginning)}\n`;
}

/** Says that a file is run once more. */
export function reportRepeat(file: string): void {
  print(`↻ ${file} is run again, alone`);
}

/** Prints every skipped test once, with its reason. */
export function reportSkips({ skips }: Tally): void {
  const lines = new Set(skips.map(({ title, reason }) => `- ${title}: ${reason}`));
  if (lines.size > 0) print(`Skipped:\n${[...lines].join('\n')}\n`);
}

/** Prints the closing lines in the form of Node's own test runner. */
export function reportTotal(tally: Tally): void {
  const { tests, suites, pass, fail, cancelled, skipped, todo, duration } = tally;
  const lines = { tests, suites, pass, fail, cancelled, skipped, todo, duration_ms: duration.toFixed(3) };
  print(
    Object.entries(lines)
      .map(([name, value]) => `# ${name} ${value}`)
      .join('\n'),
  );
}

function indent(text: string): string {
  return text.replace(/^/gm, '    ');
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
