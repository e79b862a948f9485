import { Command } from 'commander';
import { cracError } from '../errors.js';
import { type EngineFlags, printEngineHelp } from './engine-help.js';

/** `crac run`: documented here, carried out by `bin/crac`, which becomes Node without a second process in between. */
export function runCommand(): Command {
  return new Command('run')
    .summary('start Node.js so that it can be checkpointed')
    .description(
      'Starts Node.js with the preload node-crac/register, so that "crac checkpoint" can reach the process.\n' +
        'The command becomes Node.js itself: same pid, same signals, same exit code.\n' +
        'By hand: CRAC_CHECKPOINT_TO=DIR node --import node-crac/register app.js',
    )
    .usage('[options] [node options] app.js [arguments]')
    .option(
      '--checkpoint-to <dir>',
      'image directory for checkpoints that name none (sets CRAC_CHECKPOINT_TO)',
    )
    .option(
      '--label <label>',
      'label of its images: name=value, name=$VARIABLE or NAME; may be given several times (adds to CRAC_IMAGE_LABELS)',
    )
    .option(
      '--cpu-features <features>',
      'use no more of the processor than "generic" or a mask of "crac check --cpu-features", so that images run on others; "ignore" lets images run anywhere, at your risk (sets CRAC_CPU_FEATURES)',
      'native',
    )
    .option(
      '--name <name>',
      'name for "crac checkpoint" and "crac ps" (sets CRAC_NAME; default: name of the script)',
    )
    .option(
      '--checkpoint-when <moment>',
      'checkpoint by itself: listening, idle, idle=500ms, requests=100, http=/path, signal=SIGUSR2, after=10s, exit-of=COMMAND',
    )
    .option(
      '--warm-up <command>',
      'run this command of the shell once the program listens, and checkpoint when it has ended; it finds the address in CRAC_URL, CRAC_PORT and CRAC_SOCKET',
    )
    .option('--keep-running', 'go on after that checkpoint instead of ending with status 0')
    .option(
      '--restore-from <dir>',
      'become the process of this image if that is possible, and say why if it is not; the first of several that can be restored',
    )
    .option('--newest', 'with --restore-from: try the newest image first')
    .option(
      '--score <metric>',
      'with --restore-from: try the image with the highest number in its file "score" first',
    )
    .option(
      '--require-label <label>',
      'with --restore-from: refuse images without this label, as crac restore does',
    )
    .option(
      '--check-cpu-features <how>',
      'with --restore-from: compatible, exact or skip, as crac restore has it',
    )
    .option(
      '--ignored-file-descriptors <list>',
      'numbers and patterns of paths, with commas between: of what this command inherits they stay open, all else but standard streams is closed (sets CRAC_IGNORED_FILE_DESCRIPTORS)',
    )
    .option(
      '--engine <engine>',
      'engine of checkpoints: a name, the path of a module or a package (sets CRAC_ENGINE)',
    )
    .option(
      '--engine-options <list>',
      'options of the engine: key=value,key2 (sets CRAC_ENGINE_OPTIONS); "help" and "help=PATTERN" list them',
    )
    .option(
      '--runtime <list>',
      'what Node.js does not set right by itself after a restore, for example -identity,-memory (sets CRAC_RUNTIME)',
    )
    .option(
      '--collect-stacks',
      'record who opens files and connections, for "crac explain" and refused checkpoints (sets CRAC_COLLECT_FD_STACKTRACES)',
    )
    .allowUnknownOption()
    .allowExcessArguments()
    .passThroughOptions()
    .action((flags: EngineFlags) => {
      if (printEngineHelp(flags)) return;
      throw cracError('ERR_CRAC_COMMAND_NEEDS_SHIM', { verb: 'run' });
    });
}
