import type { SpawnSyncReturns } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { cracError } from '../errors.js';
import { literalPath } from '../image/placeholders.js';
import { CORE_FILE } from '../image/read-image.js';
import { SCORE_FILE } from '../image/score.js';
import { TAGS_FILE } from '../image/tags.js';
import { parseDirectory } from './directory.js';
import { launcherPath, packageFile } from './installation.js';
import { resolveTool } from './resolve-tool.js';
import { startClean } from './start-clean.js';
import { printJson, printLine } from './terminal.js';

interface WarmOptions {
  readonly to?: string;
  readonly script?: string;
  readonly runs: number;
  readonly json?: true;
}

/** Warm-up runs before the checkpoint: the second one finds what the first has compiled. */
const DEFAULT_RUNS = 2;

/** Milliseconds for all runs of the warm-up, and for each that is compared: a tool that does not end is a server. */
const PATIENCE = 600_000;

/** Characters of a line in a message. */
const LONGEST_QUOTE = 200;

/** The line by which a script shows whose it is. */
const MARK = '# Written by crac warm: restores a warmed-up tool with the arguments of this call.';

/** `crac warm`: makes a warmed-up image of a command-line tool and a script that restores it with new arguments. */
export function warmCommand(): Command {
  return new Command('warm')
    .summary('make a warmed-up command of a command-line tool')
    .description(
      'Runs a tool a few times, checkpoints it before its next run, and writes a script that restores it: with the arguments, the working ' +
        'directory, the environment and the standard streams of each call. The result is compared with a plain run of the tool.',
    )
    .argument('<tool>', 'command of node_modules/.bin or PATH, or path of a JavaScript program')
    .argument('[args...]', 'arguments of the warm-up runs, behind --')
    .option('--to <dir>', 'image directory (default: TOOL-warm.image)', parseDirectory)
    .option('--script <file>', 'the script (default: TOOL-warm)')
    .option('--runs <number>', 'number of warm-up runs', parseRuns, DEFAULT_RUNS)
    .option('--json', 'print the outcome as JSON')
    .action(warm);
}

function parseRuns(text: string): number {
  if (!/^[1-9]\d{0,2}$/.test(text)) throw new InvalidArgumentError('It must be a number from 1 to 999.');
  return Number(text);
}

function warm(name: string, args: readonly string[], options: WarmOptions): void {
  const tool = resolveTool(name);
  const stem = basename(name).replace(/\.[cm]?js$/, '');
  const directory = resolve(options.to ?? `${stem}-warm.image`);
  const script = resolve(options.script ?? `${stem}-warm`);
  refuseForeign(script, tool);
  makeImage(tool, directory, args, options.runs);
  writeFileSync(script, renderScript(tool, directory));
  chmodSync(script, 0o755);
  const times = compareWithPlainRun(tool, script, directory, args);
  if (options.json) printJson({ tool, directory, script, ...times });
  else report(script, directory, times);
}

/** Another file of that name may be anything. */
function refuseForeign(script: string, tool: string): void {
  if (!existsSync(script) || isOwn(script)) return;
  throw cracError('ERR_CRAC_WARM_FAILED', {
    tool,
    reason: `${script} is there already and no script of crac warm: name another one with --script`,
  });
}

function isOwn(script: string): boolean {
  try {
    return readFileSync(script, 'utf8').includes(MARK);
  } catch {
    return false;
  }
}

function makeImage(tool: string, directory: string, args: readonly string[], runs: number): void {
  const preload = packageFile('dist/register.js');
  const host = packageFile('dist/warm/host.js');
  // Required, as by `crac run`: with an import Node.js would load as an ECMAScript module what the tool has it run (ts-node).
  const words = ['--require', preload, host, literalPath(directory), `${runs}`, tool, ...args];
  const before = inodeOf(join(directory, CORE_FILE));
  const ended = startClean(process.execPath, words, { timeout: PATIENCE });
  const written = inodeOf(join(directory, CORE_FILE)) !== before;
  if (ended.status === 0 && written) return;
  const said = ended.stderr.trim().split('\n').slice(-20).join('\n');
  throw cracError('ERR_CRAC_WARM_FAILED', {
    tool,
    reason: `its warm-up ${endOf(ended)}${ended.status === 0 ? ' before there was an image, so that it cannot be run twice in one process' : ''}:\n${said}`,
  });
}

/** Tells files of one path apart. */
function inodeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.ino;
}

/** The words are quoted, so that any path will do. Where the image cannot be restored the tool is started plainly. */
function renderScript(tool: string, directory: string): string {
  const [launcher, image, node, program] = [launcherPath(), directory, process.execPath, tool].map(quote);
  return [
    '#!/bin/sh',
    MARK,
    `exec ${launcher} ${image} --otherwise $(($# + 2)),$# ${node} ${program} "$@"`,
    '',
  ].join('\n');
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** Milliseconds of one run each. */
interface Times {
  readonly plain: number;
  readonly restored: number;
}

/**
 * A tool whose second run in the same process differs from its first is not fit for this, nor is one that keeps the arguments of the first:
 * nothing is left of the attempt.
 */
function compareWithPlainRun(
  tool: string,
  script: string,
  directory: string,
  args: readonly string[],
): Times {
  const plain = time(() => startClean(process.execPath, [tool, ...args], { timeout: PATIENCE }));
  const restored = time(() => startClean(script, args, { timeout: PATIENCE }));
  const difference = describeDifference(plain.ended, restored.ended) ?? differenceOfHelp(tool, script, args);
  if (difference === undefined) return { plain: plain.milliseconds, restored: restored.milliseconds };
  rmSync(script, { force: true });
  removeImage(directory);
  throw cracError('ERR_CRAC_WARM_FAILED', { tool, reason: difference });
}

/** With the same arguments nothing tells whether a tool has looked at them again. This one does no harm. */
function differenceOfHelp(tool: string, script: string, args: readonly string[]): string | undefined {
  const helped = [...args, '--help'];
  const difference = describeDifference(
    startClean(process.execPath, [tool, ...helped], { timeout: PATIENCE }),
    startClean(script, helped, { timeout: PATIENCE }),
  );
  return difference && `with --help behind the arguments of the warm-up, ${difference}`;
}

/** Only what belongs to the image: the directory may have been there before, with other files in it. */
function removeImage(directory: string): void {
  for (const file of [CORE_FILE, 'manifest.json', TAGS_FILE, SCORE_FILE])
    rmSync(join(directory, file), { force: true });
  try {
    rmdirSync(directory);
  } catch {
    // It holds something else.
  }
}

function time(run: () => SpawnSyncReturns<string>): {
  ended: SpawnSyncReturns<string>;
  milliseconds: number;
} {
  const before = process.hrtime.bigint();
  const ended = run();
  return { ended, milliseconds: Number(process.hrtime.bigint() - before) / 1e6 };
}

function describeDifference(
  plain: SpawnSyncReturns<string>,
  restored: SpawnSyncReturns<string>,
): string | undefined {
  if (endOf(plain) !== endOf(restored))
    return `a plain run ${endOf(plain)}, a restored one ${endOf(restored)}: ${restored.stderr.trim()}`;
  for (const stream of ['stdout', 'stderr'] as const) {
    const [expected, found] = firstDifference(plain[stream], restored[stream]) ?? [];
    if (expected !== found)
      return `a restored run writes ${quoteLine(found)} to ${stream} where a plain one writes ${quoteLine(expected)}: it cannot be run twice in one process`;
  }
  return undefined;
}

/** The first lines that differ; undefined stands for the end. */
function firstDifference(plain: string, restored: string): readonly (string | undefined)[] | undefined {
  const [expected, found] = [plain, restored].map((text) => withoutTimes(text).split('\n')) as [
    string[],
    string[],
  ];
  const longer = expected.length > found.length ? expected : found;
  const line = longer.findIndex((_, index) => expected[index] !== found[index]);
  return line === -1 ? undefined : [expected[line], found[line]];
}

function quoteLine(line: string | undefined): string {
  return line === undefined ? 'nothing' : JSON.stringify(line.slice(0, LONGEST_QUOTE));
}

/** Durations and times of day differ between two runs of anything. */
function withoutTimes(text: string): string {
  return text.replace(/(?<![\d.])\d+(\.\d+)? ?(ms|m?s(ec(ond)?s?)?|min(utes?)?)\b|\d\d:\d\d:\d\d/g, 'TIME');
}

function endOf({ status, signal, error }: SpawnSyncReturns<string>): string {
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ETIMEDOUT')
    return `did not end within ${PATIENCE / 60_000} minutes`;
  return signal === null ? `ended with status ${status}` : `ended with signal ${signal}`;
}

function report(script: string, directory: string, { plain, restored }: Times): void {
  const ratio = (plain / restored).toFixed(1);
  printLine(`OK: ${script} restores ${directory}.`);
  printLine(
    `A plain run took ${plain.toFixed(0)} ms, a restored one ${restored.toFixed(0)} ms (${ratio}x), with the same output.`,
  );
}
