/**
 * The preload of `crac run --checkpoint-when` and `--warm-up`: the moment to checkpoint is chosen before the program is started. It is complete
 * before the program's first line, so that nothing is missed.
 */
import { isMainThread } from 'node:worker_threads';
import type { CheckpointAttachment } from './checkpoint/checkpoint-options.js';
import type { Resource } from './core/resource.js';
import { joinRuntime } from './core/runtime-context.js';
import { cracError, describeError } from './errors.js';
import { describeMoment, type Moment, parseMoment } from './moment/moment.js';
import { reach, warmUp } from './moment/reach.js';
import { renderFailure } from './render-failure.js';
import { checkpointUnattended } from './unattended-checkpoint.js';

/** Exit codes as those of the command. */
const [FAILED, USAGE] = [1, 64];

/** What is to be done, as the environment says it. */
interface Plan {
  readonly when: string | undefined;
  readonly warmUp: string | undefined;
  readonly keepRunning: boolean;
}

/** One command line may serve the start and every restore: then the restorer's environment holds the plan again. */
const FORGETFUL: Resource = {
  beforeCheckpoint() {},
  afterRestore() {
    takePlan(process.env);
  },
};

if (isMainThread) void startMoment(takePlan(process.env));

/** Takes the plan out of the environment, so that child processes have none. */
function takePlan(env: NodeJS.ProcessEnv): Plan {
  const { CRAC_CHECKPOINT_WHEN: when, CRAC_WARM_UP: command, CRAC_KEEP_RUNNING: keepRunning } = env;
  for (const name of ['CRAC_CHECKPOINT_WHEN', 'CRAC_WARM_UP', 'CRAC_KEEP_RUNNING']) delete env[name];
  return { when, warmUp: command, keepRunning: keepRunning === '1' };
}

/**
 * Waits for the moment and checkpoints. A program that was started for its image alone ends with status 1 when there will be none, and with 64
 * when the moment is none; one that is to keep running runs on.
 */
async function startMoment(plan: Plan): Promise<void> {
  if (plan.when === undefined && plan.warmUp === undefined) return;
  const moment = readMoment(plan);
  joinRuntime('moment', FORGETFUL);
  const giveUp = failAtExit(moment, plan);
  try {
    if (plan.warmUp !== undefined) await warmUp(plan.warmUp);
    if (plan.warmUp === undefined || plan.when !== undefined) await reach(moment);
    giveUp();
    await checkpointUnattended(
      { keepRunning: plan.keepRunning },
      { placeholders: [], onWriting: tell(plan) },
    );
  } catch (error) {
    giveUp();
    complain(`no image was written.\n${renderFailure(describeError(error), false)}`);
    if (!plan.keepRunning) process.exit(FAILED);
  }
}

/** A warm-up may take long and print much: its end is worth a line. Afterwards nobody could say it any more. */
function tell({ warmUp: command }: Plan): CheckpointAttachment['onWriting'] {
  return async ({ directory }) => {
    if (command !== undefined) complain(`"${command}" has ended well, the image goes to ${directory}.`);
  };
}

/** Without a moment of its own a warm-up is one. */
function readMoment({ when, warmUp: command = '' }: Plan): Moment {
  if (when === undefined) return { kind: 'exit-of', command };
  try {
    return parseMoment(when);
  } catch (error) {
    complain(describeError(error).message);
    process.exit(USAGE);
  }
}

/** A program that ends too early would look like one whose image is on disk. Returns what takes this back. */
function failAtExit(moment: Moment, { keepRunning }: Plan): () => void {
  const onExit = (): void => {
    complain(cracError('ERR_CRAC_MOMENT_MISSED', { moment: describeMoment(moment) }).message);
    if (!keepRunning) process.exitCode ||= FAILED;
  };
  process.once('exit', onExit);
  return () => process.removeListener('exit', onExit);
}

function complain(text: string): void {
  process.stderr.write(`crac: ${text}\n`);
}
