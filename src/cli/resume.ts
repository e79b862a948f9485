import { Command, Option } from 'commander';
import { findProcess } from '../control/processes.js';
import { runtimeDirectory } from '../control/runtime-directory.js';
import type { ResumeRequest } from '../control/two-step-requests.js';
import { requestStep } from './request-step.js';

interface ResumeOptions {
  readonly original?: true;
  readonly env: 'replace' | 'merge' | 'image';
  readonly cwd: 'restorer' | 'image';
  readonly json?: true;
}

/** `crac resume`: the second half of a checkpoint, after a snapshot that somebody else has taken. */
export function resumeCommand(): Command {
  return new Command('resume')
    .summary('let a prepared process go on')
    .description(
      'Lets a process go on that "crac prepare" has made ready, as a restored one: its random numbers get new beginnings, and its resources come back. ' +
        'Call it in each copy. Arguments after "--" replace those of the program.',
    )
    .usage('[options] <process> [-- arguments]')
    .argument('<process>', 'pid or name of the process, as "crac ps" shows them')
    .argument('[arguments...]', 'arguments of the program')
    .option('--original', 'go on as if there had been no snapshot')
    .addOption(
      new Option(
        '--env <policy>',
        'environment: "image" keeps that of the process, "replace" takes this one, "merge" adds it',
      )
        .choices(['image', 'replace', 'merge'])
        .default('image'),
    )
    .addOption(
      new Option(
        '--cwd <policy>',
        'working directory: "image" keeps that of the process, "restorer" takes this one',
      )
        .choices(['image', 'restorer'])
        .default('image'),
    )
    .option('--json', 'print the outcome as JSON')
    .action(resume);
}

async function resume(target: string, args: readonly string[], options: ResumeOptions): Promise<void> {
  const found = await findProcess(runtimeDirectory(), target);
  await requestStep(found, requestOf(args, options), 'could not go on as it should', options, (reply) =>
    reply.reply === 'resumed'
      ? {
          sentence: `process ${found.pid} goes on${options.original ? ' as the original' : `, generation ${reply.generation}`}.`,
          facts: { kind: 'resumed', generation: reply.generation },
        }
      : undefined,
  );
}

/** Whether arguments were given at all is told by "--", so that an empty list can replace the old one. */
function requestOf(args: readonly string[], { original, env, cwd }: ResumeOptions): ResumeRequest {
  const hasArgs = args.length > 0 || process.argv.includes('--');
  return {
    request: 'resume',
    ...(original && { original }),
    ...(hasArgs && { args }),
    ...(env !== 'image' && { env: process.env as Record<string, string>, merge: env === 'merge' }),
    ...(cwd === 'restorer' && { cwd: process.cwd() }),
  };
}
