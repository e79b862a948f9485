/**
 * The rehearsal of a restore: what follows the waking up is carried out before the image is written, with what the process is now and on
 * contexts of its own, so that it changes nothing.
 *
 * V8 compiles a function when it is first called, and sets up what makes it fast in the calls after that. Without a rehearsal all of this
 * would happen in each restored process anew, with the memory of the compiler still on disk.
 */
import { Context } from '../core/context.js';
import { Failures } from '../core/failures.js';
import { createMains } from '../core/on-restore.js';
import type { EngineOutcome } from '../engines/engine.js';
import type { CheckpointParts } from './checkpoint-parts.js';
import { type Audience, conclude } from './conclude.js';
import { history } from './history.js';
import { keepAlive } from './keep-alive.js';

/** So often, because V8 also watches the first objects of each class to learn their size. */
const ROUNDS = 4;

/** Carries out what follows a restore, and at last what follows a checkpoint without one, which lets go of what the others began. */
export async function rehearse(parts: Pick<CheckpointParts, 'rehearsal'>): Promise<void> {
  const audience = { context: createApplication(), runtime: parts.rehearsal(), mains: createMains() };
  audience.mains.add(async () => {});
  for (let round = 1; round < ROUNDS; round += 1) await play(audience, describePresent());
  await play(audience, undefined);
}

async function play(audience: Audience, outcome: EngineOutcome | undefined): Promise<void> {
  const letGo = keepAlive();
  await audience.context.beforeCheckpoint();
  await audience.runtime.beforeCheckpoint();
  await conclude(audience, { ...history() }, '', outcome, new Failures());
  letGo();
}

/** Stands in for the application: resources with and without a deadline, which are done at once or later. */
function createApplication(): Context {
  const application = new Context({ name: 'rehearsal' });
  for (const options of [{}, { timeout: 1000 }]) {
    application.register({ beforeCheckpoint() {}, afterRestore() {} }, options);
    application.register({ beforeCheckpoint() {}, async afterRestore() {} }, options);
  }
  return application;
}

/** A restore that brings what is there already. Only `.` names the working directory even when that was deleted. */
function describePresent(): EngineOutcome {
  const env = Object.assign(Object.create(null), process.env) as Record<string, string>;
  const [args, startedAt, duration] = [process.argv.slice(2), Date.now() + 0.5, 0.5];
  const restore = {
    args,
    hasArgs: true,
    env,
    cwd: '.',
    cwdPolicy: 'restorer',
    envPolicy: 'replace',
    directory: '',
    startedAt,
    frozenMs: duration,
    frozenMonotonicMs: duration,
    duration,
  } as const;
  return { kind: 'restored', restore };
}
