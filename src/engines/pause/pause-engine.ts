/**
 * The process waits where it is: the main thread sleeps in `Atomics.wait()`, and so do the worker threads at their gate. One thread of our
 * own, the doorkeeper, listens for the restore; a call that is not meant for this process does not get past it.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cracError } from '../../errors.js';
import type { Engine, EngineOutcome, EngineRequest, EngineServices } from '../engine.js';
import { type Call, PID_FILE, parseWaiting, stringifyWaiting } from './call.js';
import { openDoor } from './door.js';

const NAME = 'pause';

type Services = Pick<EngineServices, 'prepareDirectory' | 'commit'>;

/** A moment by both clocks, in milliseconds. */
interface Moment {
  readonly wall: number;
  readonly monotonic: number;
}

/** Makes the engine. */
export function createPauseEngine(services: Services): Engine {
  return {
    name: NAME,
    capabilities: { image: false, keepRunning: false, mirrorsEnd: false },
    async checkpoint(request) {
      const undo = services.prepareDirectory(request.directory);
      try {
        return await pause(request, services);
      } catch (cause) {
        undo();
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw cracError(
          'ERR_CRAC_ENGINE_FAILED',
          { engine: NAME, directory: request.directory, reason },
          cause,
        );
      }
    },
  };
}

async function pause(request: EngineRequest, { commit }: Services): Promise<EngineOutcome> {
  const { directory, id, manifest } = request;
  const file = join(directory, PID_FILE);
  const door = openDoor({ id, directory, earlier: addressIn(file) });
  try {
    writeFileSync(file, stringifyWaiting({ pid: process.pid, address: door.address }), { mode: 0o600 });
    commit(directory, manifest);
    const asleep = { wall: Date.now(), monotonic: performance.now() };
    await request.announce('waiting');
    return toOutcome(door.waitForCall(), asleep);
  } finally {
    rmSync(file, { force: true });
    door.close();
  }
}

/** Where the process listens that waited here before, if one did. */
function addressIn(file: string): string | undefined {
  try {
    return parseWaiting(readFileSync(file, 'utf8'))?.address;
  } catch {
    return undefined;
  }
}

function toOutcome(call: Call, asleep: Moment): EngineOutcome {
  const { id: _id, ...brought } = call;
  const times = {
    frozenMs: Math.max(0, call.startedAt - asleep.wall),
    frozenMonotonicMs: performance.now() - asleep.monotonic,
    duration: Math.max(0, Date.now() - call.startedAt),
  };
  return { kind: 'restored', restore: { ...brought, ...times } };
}
