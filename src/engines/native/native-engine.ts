import type { NativeBinding, NativeRequest } from '../../binding/binding.js';
import { cracError } from '../../errors.js';
import type { Availability, Engine, EngineOutcome } from '../engine.js';
import { prepareDirectory } from '../image-directory.js';
import { createFields, NativeRestore, rehearsedFields } from './native-restore.js';
import { waitForWriter } from './wait-for-writer.js';

const NAME = 'native';

/** What holds for all images that an engine writes. */
export interface NativeEngineOptions {
  /** Restores leave the monotonic clock as it is on their machine, unless they are told otherwise. @default false */
  readonly hostClock?: boolean;
  /** Features of the processor that images may rely on, in the form of the agent; empty for all. @default all */
  readonly cpuFeatures?: string;
  /** What must not be in the image; asked when it is about to be written. @default nothing */
  readonly secrets?: () => readonly Uint8Array[];
}

/** The native engine, whose optional members are there. */
export interface NativeEngine extends Engine {
  availability(): Availability;
  describePresent(): EngineOutcome;
}

/** What the agent throws. */
interface NativeFailure {
  readonly code?: unknown;
  readonly phase?: unknown;
  readonly errno?: unknown;
  readonly problems?: readonly NativeProblem[];
}

/** Something of the process that no image can hold. */
interface NativeProblem {
  /** What it is about, a path for example; may be empty. */
  readonly target: string;
  readonly message: string;
}

/** Makes the embedded engine; the agent is loaded when it is first needed. */
export function createNativeEngine(
  binding: () => NativeBinding,
  { hostClock = false, cpuFeatures = '', secrets = () => [] }: NativeEngineOptions = {},
): NativeEngine {
  return {
    name: NAME,
    capabilities: { image: true, keepRunning: true },
    availability: () => probe(binding),
    describePresent: () => toRestored(binding(), rehearsedFields()),
    async checkpoint({ options, userData: _userData, announce: _announce, ...request }) {
      const agent = binding();
      const undo = prepareDirectory(request.directory);
      try {
        return callAgent(agent, {
          ...request,
          verify: request.verify || options['verify'] === true,
          hostClock,
          cpuFeatures,
          secrets: secrets(),
          fault: process.env['CRAC_FAULT'] ?? '',
        });
      } catch (error) {
        undo();
        throw describeFailure(error, request.directory);
      }
    },
  };
}

function probe(binding: () => NativeBinding): Availability {
  try {
    const { problems } = binding().probe();
    return problems.length === 0 ? { status: 'ready' } : { status: 'never', reason: problems.join(' ') };
  } catch (error) {
    return { status: 'never', reason: messageOf(error) };
  }
}

function callAgent(agent: NativeBinding, request: Omit<NativeRequest, 'arrival'>): EngineOutcome {
  const { directory } = request;
  const arrival = createFields();
  const writing = agent.checkpoint({ ...request, arrival });
  if (writing === undefined) return toRestored(agent, arrival);
  const written = waitForWriter(() => agent.writer(writing.pid)).catch((error: unknown) => {
    throw describeFailure(error, directory);
  });
  return { kind: 'running', pause: writing.pause, written };
}

function toRestored(agent: NativeBinding, arrival: NativeRequest['arrival']): EngineOutcome {
  const restore = new NativeRestore(agent, arrival);
  return { kind: 'restored', restore, arrival: restore };
}

/** The agent's errors carry `code`, `phase` and `errno`, and name what cannot travel. */
function describeFailure(error: unknown, directory: string): Error {
  const { code, phase, errno, problems } = error as NativeFailure;
  const details = {
    engine: NAME,
    directory,
    reason: messageOf(error) + describeProblems(problems ?? []),
    ...(typeof phase === 'string' && { phase }),
    ...(typeof code === 'string' && { engineCode: code }),
    ...(typeof errno === 'number' && { errno }),
  };
  return cracError('ERR_CRAC_ENGINE_FAILED', details, error);
}

function describeProblems(problems: readonly NativeProblem[]): string {
  const sentences = problems.map(({ target, message }) =>
    target === '' ? message : `${target}: ${message}`,
  );
  return sentences.length === 0 ? '' : `: ${sentences.join('; ')}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
