/**
 * A checkpoint, told once. Every step is a file of its own; this one only says what comes after what.
 *
 *   turn -> tell the application -> tell the runtime -> rehearse -> wait for workers and requests -> inspect -> engine
 *        -> tell the runtime -> tell the application -> next turn
 *
 * A failure never ends the story early: everything is told and inspected, so that one exception names every problem, and the second
 * half undoes the first.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { startDeadline } from '../core/deadline.js';
import { Failures } from '../core/failures.js';
import type { CheckpointPhase } from '../core/records.js';
import type { RestoreInfo } from '../core/restore-info.js';
import type { Inspection } from '../descriptors/inspect-process.js';
import { isCracException } from '../errors.js';
import { Attempt } from './attempt.js';
import type { CheckpointParts, CheckpointRequest } from './checkpoint-parts.js';
import { conclude, toAudience, toPurpose } from './conclude.js';
import { history } from './history.js';
import { type KeptAlive, keepAlive } from './keep-alive.js';
import { expandName } from './name-image.js';
import { notifying } from './notification.js';
import { quiesce } from './quiesce.js';
import { LAST_ROUNDS, rehearse } from './rehearse.js';
import { takeTurn } from './turns.js';
import { write } from './write.js';

/** What may be closed in a moment; how often, and after how many milliseconds, it is looked at again. */
const PASSING: readonly string[] = ['ERR_CRAC_OPEN_FILE', 'ERR_CRAC_OPEN_SOCKET'];
const NAPS = 20;
const NAP = 10;

/**
 * Takes its turn and carries out one checkpoint; resolves in the process that goes on, restored or not.
 *
 * @throws {CheckpointException} when there is no image
 * @throws {RestoreException} when there is one, but some resource could not follow
 */
export async function checkpoint(parts: CheckpointParts, asked: CheckpointRequest): Promise<RestoreInfo> {
  const endTurn = await takeTurn();
  const request = expandName(parts, asked);
  const alive = keepAlive();
  const attempt = new Attempt(parts.observer, request);
  try {
    return await attempt.whole(() => carryOut(parts, request, alive, attempt));
  } finally {
    alive.letGo();
    endTurn();
  }
}

/** Everything up to the engine: returns what stands in the way of an image. */
export async function before(
  parts: CheckpointParts,
  request: CheckpointRequest,
  attempt: Attempt,
): Promise<Failures> {
  const failures = new Failures();
  const { engine } = request.chosen;
  const step = (phase: CheckpointPhase, work: () => Promise<void>): Promise<void> =>
    failures.collect(() => attempt.during(phase, work));
  parts.setDrainTimeout(request.drainTimeout);
  const deadline = startDeadline('the checkpoint', request.timeout);
  await notifying(async () => {
    await step('application', () => parts.context.beforeCheckpoint(parts.context, deadline));
    if (failures.size === 0) await step('rehearsal', () => rehearse(parts, engine));
    await step('runtime', () => parts.runtime.beforeCheckpoint(parts.runtime, deadline));
  });
  if (failures.size === 0) await step('rehearsal', () => rehearse(parts, engine, LAST_ROUNDS));
  await step('workers', () => parts.workers.settle(deadline.signal));
  await step('requests', () => quiesce(parts, deadline.signal));
  await step('inspection', () => inspect(parts, request, failures));
  deadline.cancel();
  if (failures.size > 0 && request.heapSnapshots !== undefined)
    attempt.heapSnapshot = parts.writeHeapSnapshot(request.heapSnapshots);
  return failures;
}

/** Warnings are said in the next turn of the event loop, which must not be that of a restored process. */
async function inspect(
  parts: CheckpointParts,
  request: CheckpointRequest,
  failures: Failures,
): Promise<void> {
  const { errors, warnings } = await lookPatiently((briefly) =>
    parts.inspect({ ...request, placeholders: request.placeholders(), briefly }),
  );
  failures.addAll(errors);
  for (const sentence of warnings) parts.warn(sentence);
  if (warnings.length > 0) await new Promise((resolve) => setImmediate(resolve));
}

/**
 * Another thread may just read a file: Node reads certificates of authorities on a thread of its own. And libraries say goodbye to a server and leave
 * it to that to close the connection, mysql2 for example. Such are closed in a moment.
 */
async function lookPatiently(look: (briefly: boolean) => Inspection): Promise<Inspection> {
  let found = look(true);
  for (let nap = 0; nap < NAPS && found.errors.some(mayClose); nap += 1) {
    await sleep(NAP);
    found = look(true);
  }
  return found.errors.length === 0 ? found : look(false);
}

function mayClose(error: Error): boolean {
  return isCracException(error) && PASSING.includes(error.code);
}

async function carryOut(
  parts: CheckpointParts,
  request: CheckpointRequest,
  alive: KeptAlive,
  attempt: Attempt,
): Promise<RestoreInfo> {
  const [audience, purpose] = [toAudience(parts), toPurpose(request)];
  const failures = await before(parts, request, attempt);
  alive.expectEnd();
  const outcome = await write(parts, request, failures, attempt);
  return conclude(audience, history(), purpose, outcome, failures, attempt);
}
