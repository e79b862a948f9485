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
import type { RestoreInfo } from '../core/restore-info.js';
import type { Engine, EngineOutcome } from '../engines/engine.js';
import { Attempt } from './attempt.js';
import type { CheckpointParts } from './checkpoint-parts.js';
import { type Audience, conclude, toAudience, toPurpose } from './conclude.js';
import { copyHistory, history } from './history.js';
import { keepAlive } from './keep-alive.js';
import type { Observer } from './observer.js';

/** So often, because V8 watches what a function does, and the first objects of each class, before it makes them fast. */
const ROUNDS = 24;

/** So often once more after the collection of garbage, which takes along some of what V8 had learned; more would leave too much garbage. */
export const LAST_ROUNDS = 3;

/** The rehearsal was not asked for. */
const NO_PURPOSE = toPurpose({ directory: '', dryRun: false });

/**
 * Carries out what follows a restore, and at last what follows a checkpoint without one, which lets go of what the others began. An engine that
 * describes no restore has none that would be worth it.
 */
export async function rehearse(
  { rehearsal, workers, observer }: Pick<CheckpointParts, 'rehearsal' | 'workers' | 'observer'>,
  engine: Engine,
  rounds: number = ROUNDS,
): Promise<void> {
  const present = engine.describePresent?.();
  if (present === undefined) return;
  const runtime = rehearsal(present.kind === 'restored' ? present.arrival : undefined);
  const mains = createMains();
  mains.add(async () => {});
  const audiences = [
    toAudience({ context: createApplication(), runtime, mains, workers, renewRandomness }),
    toAudience({
      context: new Context({ name: 'rehearsal' }),
      runtime,
      mains: createMains(),
      workers,
      renewRandomness,
    }),
  ];
  for (const audience of audiences) {
    for (let round = 1; round < rounds; round += 1)
      await play(audience, observer, engine.describePresent?.());
    await play(audience, observer, undefined);
  }
}

/** A rehearsal changes nothing. */
function renewRandomness(): void {}

async function play(
  audience: Audience,
  observer: Observer,
  outcome: EngineOutcome | undefined,
): Promise<void> {
  const attempt = new Attempt(observer);
  const alive = keepAlive();
  await audience.context.beforeCheckpoint();
  await audience.runtime.beforeCheckpoint();
  alive.expectEnd();
  await attempt.whole(() =>
    conclude(audience, copyHistory(history()), NO_PURPOSE, outcome, new Failures(), attempt),
  );
  alive.letGo();
}

/** Stands in for the application: resources with and without a deadline, which are done at once or later. */
function createApplication(): Context {
  const application = new Context({ name: 'rehearsal' });
  for (const options of [{}, { timeout: 1000 }]) {
    application.register({ beforeCheckpoint() {}, afterRestore: (_context, info) => look(info) }, options);
    application.register({ beforeCheckpoint() {}, async afterRestore() {} }, options);
  }
  return application;
}

/** Reads everything that a program may ask for. */
function look(info: RestoreInfo): void {
  if (info.restored && info.args.length + Object.keys(info.env ?? {}).length > 0) return;
  if (info.cwd + info.directory + info.startedAt === '' || info.duration < 0 || info.hasArgs) return;
}
