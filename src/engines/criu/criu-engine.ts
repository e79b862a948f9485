/**
 * CRIU writes the process from outside. The agent stops all threads, puts aside what must not be in the image and sleeps; a process outside of
 * the tree starts CRIU (`native/agent/suspend.h`). Wherever it wakes up again, in this process or in a restored one, the agent sees to random
 * numbers and to the standard streams before any thread goes on.
 */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import type { NativeBinding, NativeSuspended } from '../../binding/binding.js';
import { cracError, isCracException } from '../../errors.js';
import type {
  Availability,
  AvailabilityQuestion,
  Engine,
  EngineOutcome,
  EngineRequest,
  EngineServices,
} from '../engine.js';
import { presentMoment, takeBrought } from './brought.js';
import { readLimits } from './capabilities.js';
import { DUMP_LOG, dumpCommand, loggedCommand, OUTPUT_FILE, quoteCommand } from './command.js';
import { mappedImages } from './direct-map.js';
import { examineCriu } from './examine.js';
import {
  createImageFolder,
  imageFolder,
  removeFolder,
  removeOtherImages,
  sealImageFolder,
} from './image-files.js';
import { locateCriu } from './locate-criu.js';
import { presentFacts } from './machine.js';
import { type CriuOptions, readCriuOptions } from './options.js';
import { lastErrorsIn } from './read-log.js';

export const NAME = 'criu';

/** Number of the process that starts CRIU where this one may not: `crac run --engine criu` sets it. */
const SERVANT = 'CRAC_CRIU_SERVANT';

type Services = Pick<EngineServices, 'secrets' | 'prepareDirectory' | 'commit'>;

/** Makes the engine; the agent is loaded when it is first needed. */
export function createCriuEngine(binding: () => NativeBinding, services: Services): Engine {
  return {
    name: NAME,
    capabilities: { image: true, keepRunning: true },
    availability: (question) => findAvailability(binding, question),
    async checkpoint(request) {
      const undo = services.prepareDirectory(request.directory);
      const folder = imageFolder(request.directory, request.id);
      try {
        return dump(binding(), request, folder, services);
      } catch (cause) {
        removeFolder(folder);
        undo();
        if (isCracException(cause)) throw cause;
        throw refusal(request.directory, cause instanceof Error ? cause.message : String(cause), cause);
      }
    },
  };
}

function refusal(directory: string, reason: string, cause?: unknown): Error {
  return cracError('ERR_CRAC_ENGINE_FAILED', { engine: NAME, directory, reason }, cause);
}

function findAvailability(binding: () => NativeBinding, question: AvailabilityQuestion): Availability {
  try {
    const final = finalObstacle(binding(), question.directory);
    if (final !== undefined) return { status: 'never', reason: `${final}.` };
    const located = locateCriu(readCriuOptions(question.options).location);
    if ('problem' in located) return { status: 'not-yet', reason: `${located.problem}.` };
    return { status: 'ready' };
  } catch (error) {
    return { status: 'never', reason: error instanceof Error ? error.message : String(error) };
  }
}

/** What will not change in this process, as a clause. */
function finalObstacle(agent: NativeBinding, directory: string | undefined): string | undefined {
  if (process.pid === 1)
    return 'this process is the first one of its PID namespace, outside of which nobody is there to run criu; start it below an init process';
  if (agent.descriptors().some(({ kind }) => kind === 'io_uring'))
    return 'Node.js uses io_uring here, which criu cannot write; start the program with crac run --engine criu';
  const [mapped] = mappedImages().filter((image) => directory === undefined || image === directory);
  if (mapped !== undefined)
    return `memory of this process is mapped from the image in ${mapped}, which must stay as it is; name another directory`;
  return undefined;
}

function dump(
  agent: NativeBinding,
  request: EngineRequest,
  folder: string,
  { secrets, commit }: Services,
): EngineOutcome {
  const options = readCriuOptions(request.options);
  const command = prepareCommand(agent, request, folder, options);
  if (options.printCommand) writeSync(2, `${quoteCommand(command)}\n`);
  createImageFolder(folder);
  const noted = { ...presentFacts(), limits: readLimits() };
  const asleep = presentMoment();
  const suspended = suspend(agent, folder, {
    ...request,
    secrets: secrets(),
    cpuFeatures: '',
    placeholders: [...request.placeholders, ...terminalAliases(agent)],
    command: loggedCommand(command, join(folder, OUTPUT_FILE)),
  });
  if (suspended.brought >= 0) return { kind: 'restored', restore: takeBrought(suspended.brought, asleep) };
  sealImageFolder(folder, noted);
  commit(request.directory, request.manifest);
  removeOtherImages(request.directory, request.id);
  if (!request.keepRunning && !options.keepRunning) agent.leave();
  return { kind: 'running', pause: suspended.pause, written: Promise.resolve() };
}

function prepareCommand(
  agent: NativeBinding,
  request: EngineRequest,
  folder: string,
  { location, args }: CriuOptions,
): readonly string[] {
  const obstacle = finalObstacle(agent, request.directory);
  if (obstacle !== undefined) throw refusal(request.directory, `${obstacle}.`);
  const { findings, path } = examineCriu(location, false);
  if (path === undefined) throw refusal(request.directory, `${findings.at(-1)?.problem}.`);
  return dumpCommand({ criu: path, folder, args }, process.pid);
}

/** Descriptors that libuv opened again for a standard stream that is a terminal: they follow that. */
function terminalAliases(agent: NativeBinding): readonly number[] {
  return agent
    .descriptors()
    .filter(({ kind }) => kind === 'tty-alias')
    .map(({ fd }) => fd);
}

type Suspension = Parameters<NativeBinding['suspend']>[0];

function suspend(
  agent: NativeBinding,
  folder: string,
  request: Omit<Suspension, 'servant' | 'hostClock' | 'fault'>,
): NativeSuspended {
  try {
    return agent.suspend({
      ...request,
      servant: Number(process.env[SERVANT] ?? 0),
      hostClock: false,
      fault: '',
    });
  } catch (cause) {
    const { status } = cause as { readonly status?: unknown };
    if (typeof status !== 'number' || status === -1) throw cause;
    const said = lastErrorsIn(folder, [DUMP_LOG, OUTPUT_FILE]);
    throw refusal(request.directory, `criu ${describeStatus(status)}: ${said || 'it says nothing'}.`, cause);
  }
}

/** What a wait status says. */
function describeStatus(status: number): string {
  return (status & 127) === 0 ? `ended with status ${status >> 8}` : `was ended by signal ${status & 127}`;
}
