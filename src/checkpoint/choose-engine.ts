import { checkOptions, refuseArgument } from '../core/arguments.js';
import type { Availability } from '../engines/engine.js';
import { describeError } from '../errors.js';
import { CheckpointException } from '../exceptions.js';
import type { CheckpointParts, ChosenEngine, EngineChoice } from './checkpoint-parts.js';
import { history } from './history.js';

type Parts = Pick<CheckpointParts, 'chooseEngine' | 'configuredDirectory'>;

/**
 * The engine of a checkpoint.
 *
 * @throws {CheckpointException} when there is no such engine or option
 * @throws {CracException} `ERR_CRAC_INVALID_ARGUMENT`
 */
export function chooseEngine(parts: Parts, { engine, engineOptions }: EngineChoice = {}): ChosenEngine {
  if (engine !== undefined && typeof engine !== 'string') refuseArgument('engine', 'a string', engine);
  if (engineOptions !== undefined && typeof engineOptions !== 'string')
    checkOptions(engineOptions, 'engineOptions');
  try {
    return parts.chooseEngine({ engine, engineOptions });
  } catch (error) {
    throw new CheckpointException([error as Error]);
  }
}

/** What an engine says about its own usability; one that says nothing is always ready. */
export function availabilityOf({ engine, options }: ChosenEngine, directory: string): Availability {
  return engine.availability?.({ directory: directory || undefined, options }) ?? { status: 'ready' };
}

/** What the engine says that is taken when a checkpoint names none; never throws. */
export function configuredAvailability(parts: Parts): Availability {
  try {
    const directory = parts.configuredDirectory() || history().configuredDirectory;
    return availabilityOf(parts.chooseEngine(), directory ?? '');
  } catch (error) {
    return { status: 'never', reason: describeError(error).message };
  }
}

/** Name of the engine that is taken when a checkpoint names none. */
export function configuredEngine(parts: Parts): string {
  try {
    return parts.chooseEngine().engine.name;
  } catch {
    return 'none';
  }
}
