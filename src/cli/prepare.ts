import { Command } from 'commander';
import { findProcess } from '../control/processes.js';
import { runtimeDirectory } from '../control/runtime-directory.js';
import type { PrepareRequest } from '../control/two-step-requests.js';
import { requestStep } from './request-step.js';
import { parseSeconds, parseSecondsOrNone } from './seconds.js';

interface PrepareOptions {
  readonly deadline?: number;
  readonly drainTimeout?: number;
  readonly timeout?: number;
  readonly keepSecrets?: true;
  readonly json?: true;
}

/** `crac prepare`: the first half of a checkpoint, for a snapshot that somebody else takes. */
export function prepareCommand(): Command {
  return new Command('prepare')
    .summary('make a running process ready for a snapshot that somebody else takes')
    .description(
      'Makes a running process ready for a snapshot that somebody else takes, of its whole machine for example: its resources are told, what is open is ' +
        'inspected, secrets are wiped. It waits for "crac resume" then, and goes on by itself when that does not come.',
    )
    .argument('<process>', 'pid or name of the process, as "crac ps" shows them')
    .option(
      '--deadline <seconds>',
      'go on after this time without "crac resume" (default: 300)',
      parseSeconds,
    )
    .option(
      '--drain-timeout <seconds>',
      'time for HTTP requests in progress (default: 5)',
      parseSecondsOrNone,
    )
    .option('--timeout <seconds>', 'time for everything (default: 60)', parseSeconds)
    .option('--keep-secrets', 'leave secrets in memory')
    .option('--json', 'print the outcome as JSON')
    .action(prepare);
}

async function prepare(target: string, options: PrepareOptions): Promise<void> {
  const found = await findProcess(runtimeDirectory(), target);
  await requestStep(found, requestOf(options), 'was not prepared', options, (reply) =>
    reply.reply === 'prepared'
      ? {
          sentence: `process ${found.pid} is prepared: take the snapshot, then call "crac resume ${found.pid}" within ${reply.deadline / 1000} s.`,
          facts: { kind: 'prepared', deadline: reply.deadline / 1000 },
        }
      : undefined,
  );
}

function requestOf({ deadline, drainTimeout, timeout, keepSecrets }: PrepareOptions): PrepareRequest {
  return {
    request: 'prepare',
    ...(deadline !== undefined && { deadline: deadline * 1000 }),
    ...(drainTimeout !== undefined && { drainTimeout: drainTimeout * 1000 }),
    ...(timeout !== undefined && { timeout: timeout * 1000 }),
    ...(keepSecrets !== undefined && { keepSecrets }),
  };
}
