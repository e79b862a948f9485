import { constants } from 'node:os';
import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import type { EngineEnd } from '../engines/engine.js';
import { helpPattern } from '../engines/selection/parse-options.js';
import { cracError } from '../errors.js';
import { type RestoreFlags, restoreForeign } from './restore-foreign.js';

/** Options that only images of the native engine know. */
const OF_THE_LAUNCHER = [
  'checkCpuFeatures',
  'eager',
  'otherwise',
  'clock',
  'listen',
  'reusePort',
  'policies',
  'verify',
] as const;

/**
 * `crac restore`: carried out by `bin/crac`, which becomes the launcher without starting Node, for images of the native engine. Those of all
 * others are restored here.
 */
export function restoreCommand(): Command {
  return new Command('restore')
    .summary('become the process of an image')
    .description(
      'Becomes the process that was written to the image: same pid from here on, standard streams and environment of this ' +
        'command. Arguments after "--" replace those that the program was started with. For images of the native engine Node.js is ' +
        'never started on the way.\n' +
        'Of several images the first that can be restored is taken; a DIR without an image stands for those in its directories, ' +
        'the newest first. What is wrong with the others is said.',
    )
    .usage('[options] DIR... [-- arguments]')
    .option(
      '--newest',
      'try the newest of several images first (default: in the order in which they are named)',
    )
    .option('--score <metric>', 'try the image with the highest number in its file "score" first')
    .option(
      '--require-label <label>',
      'refuse images without this label: name=value, name=$VARIABLE or NAME; may be given several times, beside CRAC_REQUIRED_IMAGE_LABELS',
      (label: string, earlier: readonly string[] = []) => [...earlier, label],
    )
    .option(
      '--check-cpu-features <how>',
      '"compatible": the processor must have all that the image may use; "exact": that and nothing else; "skip": do not look',
      'compatible',
    )
    .option('--eager', 'copy all pages at once instead of mapping them from the image')
    .option('--trust-owner', 'restore although another user could have written the image')
    .addOption(
      new Option(
        '--cwd <policy>',
        'working directory: "restorer" takes this one, "image" returns to the old one',
      )
        .choices(['restorer', 'image'])
        .default('restorer'),
    )
    .addOption(
      new Option(
        '--env <policy>',
        'environment: "replace" takes this one, "merge" adds it to the old one, "image" keeps the old one',
      )
        .choices(['replace', 'merge', 'image'])
        .default('replace'),
    )
    .option(
      '--otherwise <counts>',
      'N or N,M: when the image cannot be restored, run the last N words of the command line instead, which take the place of ' +
        '"-- arguments"; the last M of them are the arguments',
    )
    .option(
      '--clock <policy>',
      'monotonic time: "wall" advances it by the wall clock, "freeze" continues it, "host" leaves it to this machine',
      'wall',
    )
    .option(
      '--listen <old=new>',
      'a server listens elsewhere; both are a PORT, an ADDRESS:PORT or a /path; may be given several times',
    )
    .option('--reuse-port', 'share the ports with other processes that are restored with this option')
    .option(
      '--policies <file>',
      'rules for the files of the image, before those of the checkpoint: opened again, whether they have changed or not, or closed',
    )
    .option('--verify', 'check all checksums of the image and restore nothing')
    .option(
      '--engine <engine>',
      'refuse an image of another engine; a custom one is loaded from this path or package',
    )
    .option(
      '--engine-options <list>',
      'options of the engine: key=value,key2; "help" and "help=PATTERN" list them',
    )
    .argument('[words...]')
    .passThroughOptions(false)
    .action(restore);
}

async function restore(
  words: readonly string[],
  flags: Omit<RestoreFlags, 'directory' | 'args' | 'trustOwner' | 'foreign'> & { readonly trustOwner?: true },
  command: Command,
): Promise<void> {
  const end = process.argv.indexOf('--');
  const hasArgs = end !== -1;
  const count = hasArgs ? words.length - (process.argv.length - end - 1) : words.length;
  const [directory, other] = words.slice(0, count);
  if (directory === undefined && helpPattern(flags.engineOptions) === undefined)
    throw cracError('ERR_CRAC_COMMAND_NEEDS_SHIM', { verb: 'restore' });
  if (other !== undefined)
    throw cracError('ERR_CRAC_INVALID_ARGUMENT', {
      argument: 'DIR',
      expected: 'one image, since it is not of the native engine',
      received: `${count} of them`,
    });
  const foreign = OF_THE_LAUNCHER.filter((name) => command.getOptionValueSource(name) === 'cli');
  const outcome = await restoreForeign({
    ...flags,
    directory: resolve(directory ?? '.'),
    args: hasArgs ? words.slice(count) : undefined,
    trustOwner: flags.trustOwner ?? false,
    foreign: foreign.map((name) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`),
  });
  follow(outcome);
}

/** Ends as the restored process did. */
function follow(end: EngineEnd): void {
  if (typeof end === 'number') {
    process.exitCode = end;
    return;
  }
  process.kill(process.pid, end);
  process.exitCode = 128 + constants.signals[end];
}
