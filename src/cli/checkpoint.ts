import { resolve } from 'node:path';
import { Command } from 'commander';
import { type AttachableProcess, findProcess } from '../control/processes.js';
import type { CheckpointRequest } from '../control/protocol.js';
import { runtimeDirectory } from '../control/runtime-directory.js';
import { isPath } from '../engines/selection/load-engine.js';
import { type Labels, parseLabels } from '../image/labels.js';
import { literalPath } from '../image/placeholders.js';
import { renderFailure } from '../render-failure.js';
import { parseDirectory } from './directory.js';
import { printEngineHelp } from './engine-help.js';
import { EXIT_CODES, type ExitCode } from './exit-code.js';
import { type CheckpointOutcome, requestCheckpoint } from './request-checkpoint.js';
import { parseSeconds, parseSecondsOrNone } from './seconds.js';
import { complain, printJson, printLine, wantsStacks } from './terminal.js';
import { formatSize } from './units.js';

interface CheckpointOptions {
  readonly to?: string;
  readonly keepRunning?: true;
  readonly verify?: true;
  readonly dryRun?: true;
  readonly json?: true;
  readonly timeout?: number;
  readonly drainTimeout?: number;
  readonly engine?: string;
  readonly engineOptions?: string;
  readonly label?: readonly string[];
}

/** `crac checkpoint`: writes the image of a running process, asked from outside. */
export function checkpointCommand(): Command {
  return new Command('checkpoint')
    .summary('write the image of a running process')
    .description(
      'Writes the image of a running process that was started with "crac run" or "node --import node-crac/register".\n' +
        'The process exits with status 0 once its image is on disk, unless it is told to keep running.',
    )
    .argument('<process>', 'pid or name of the process, as "crac ps" shows them')
    .option(
      '--to <dir>',
      'image directory, which may hold placeholders as %g and %t (default: CRAC_CHECKPOINT_TO of the process)',
      parseDirectory,
    )
    .option('--keep-running', 'let the process go on after the checkpoint')
    .option('--verify', 'compare the written image with the stopped process, byte for byte')
    .option(
      '--dry-run',
      'tell whether it would work: do everything but write the image, and let the process go on',
    )
    .option('--timeout <seconds>', 'stop waiting after this time', parseSeconds)
    .option(
      '--drain-timeout <seconds>',
      'time for HTTP requests in progress (default: 5)',
      parseSecondsOrNone,
    )
    .option('--engine <engine>', 'engine of the checkpoint: a name, the path of a module or a package')
    .option('--engine-options <list>', 'options of the engine: key=value,key2; "help" lists them')
    .option(
      '--label <label>',
      'label of the image, by which restores choose: name=value, name=$VARIABLE or NAME, with the variables of this command; may be repeated',
      collect,
    )
    .option('--json', 'print the outcome as JSON')
    .action(checkpoint);
}

async function checkpoint(target: string, options: CheckpointOptions): Promise<void> {
  if (printEngineHelp(options)) return;
  const found = await findProcess(runtimeDirectory(), target);
  const stopWaiting = limitWait(found, options);
  const outcome = await requestCheckpoint(found, requestOf(options));
  clearTimeout(stopWaiting);
  if (options.json) printJson({ pid: found.pid, ...outcome });
  else report(found, outcome, options);
  process.exitCode = outcome.kind === 'failed' ? EXIT_CODES.failed : EXIT_CODES.ok;
}

function requestOf(options: CheckpointOptions): CheckpointRequest {
  const { to, keepRunning, verify, dryRun, drainTimeout, engine, engineOptions, label } = options;
  return {
    request: dryRun ? 'dry-run' : 'checkpoint',
    ...(to === undefined ? {} : { to: resolve(literalPath(process.cwd()), to) }),
    ...(label === undefined ? {} : { labels: readLabels(label) }),
    ...(keepRunning === undefined ? {} : { keepRunning }),
    ...(verify === undefined ? {} : { verify }),
    ...(drainTimeout === undefined ? {} : { drainTimeout: drainTimeout * 1000 }),
    ...(engine === undefined ? {} : { engine: isPath(engine) ? resolve(engine) : engine }),
    ...(engineOptions === undefined ? {} : { engineOptions }),
  };
}

function readLabels(list: readonly string[]): Labels {
  const { labels, warnings } = parseLabels(list, process.env);
  for (const sentence of warnings) complain(sentence);
  return labels;
}

function collect(text: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, text];
}

function limitWait(
  { pid }: AttachableProcess,
  { timeout, json }: CheckpointOptions,
): NodeJS.Timeout | undefined {
  if (timeout === undefined) return undefined;
  return setTimeout(() => {
    const code: ExitCode = EXIT_CODES.timeout;
    if (json) printJson({ pid, kind: 'unknown', timeout });
    complain(
      `process ${pid} wrote no image within ${timeout} s; unless it is writing by now, it gives up and runs on.`,
    );
    process.exit(code);
  }, timeout * 1000);
}

function report(found: AttachableProcess, outcome: CheckpointOutcome, { dryRun }: CheckpointOptions): void {
  if (outcome.kind === 'failed') {
    const what = dryRun ? 'could not be checkpointed now' : 'was not checkpointed';
    complain(`process ${found.pid} ${what}.\n${renderFailure(outcome.error, wantsStacks())}`);
    return;
  }
  if (outcome.kind === 'passed') {
    printLine(
      `OK: a checkpoint of process ${found.pid} would get to its image; the process goes on running.`,
    );
    return;
  }
  if (outcome.kind !== 'written') {
    const { image } = outcome;
    const what = {
      waiting: `process ${found.pid} waits for its restore: crac restore ${image.directory}`,
      nothing: `all resources of process ${found.pid} were told; its engine writes no image.`,
    };
    printLine(`OK: ${what[outcome.kind]}`);
    return;
  }
  const { image, size, running } = outcome;
  const after = running ? 'goes on running' : 'has ended';
  printLine(
    `OK: the image of process ${found.pid} is in ${image.directory} (${formatSize(size)}); the process ${after}.`,
  );
}
