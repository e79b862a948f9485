import type { NativeBinding, NativeOutcome, NativeRequest } from '../../binding/binding.js';
import { cracError } from '../../errors.js';
import type { Availability, Engine, EngineOutcome } from '../engine.js';
import { prepareDirectory } from './image-directory.js';
import { parseEnvironment } from './parse-environment.js';
import { waitForWriter } from './wait-for-writer.js';

const NAME = 'native';

type NativeRestored = Extract<NativeOutcome, { status: 'restored' }>;

/** What holds for all images that an engine writes. */
export interface NativeEngineOptions {
  /** Restores leave the monotonic clock as it is on their machine, unless they are told otherwise. @default false */
  readonly hostClock?: boolean;
}

/** Makes the embedded engine; the agent is loaded when it is first needed. */
export function createNativeEngine(
  binding: () => NativeBinding,
  { hostClock = false }: NativeEngineOptions = {},
): Engine {
  return {
    name: NAME,
    capabilities: { image: true, keepRunning: true },
    availability: () => probe(binding),
    async checkpoint(request) {
      const agent = binding();
      const undo = prepareDirectory(request.directory);
      try {
        return callAgent(agent, { ...request, hostClock, fault: process.env['CRAC_FAULT'] ?? '' });
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

function callAgent(agent: NativeBinding, request: NativeRequest): EngineOutcome {
  const { directory } = request;
  toRestored(describePresent());
  const outcome = agent.checkpoint(request);
  if (outcome.status === 'writing') {
    const written = waitForWriter(() => agent.writer(outcome.pid)).catch((error: unknown) => {
      throw describeFailure(error, directory);
    });
    return { kind: 'running', pause: outcome.pause, written };
  }
  return toRestored(outcome);
}

function toRestored({ status: _, env, ...restore }: NativeRestored): EngineOutcome {
  return { kind: 'restored', restore: { ...restore, env: parseEnvironment(env) } };
}

/** A restore that brings what is there already: with it the way of a restored process is compiled before the image is written. */
function describePresent(): NativeRestored {
  return {
    status: 'restored',
    args: [],
    hasArgs: false,
    env: Object.entries(process.env).map(([name, value]) => `${name}=${value}`),
    cwd: '.',
    cwdPolicy: 'restorer',
    envPolicy: 'replace',
    directory: '',
    startedAt: 0,
    frozenMs: 0,
    frozenMonotonicMs: 0,
    duration: 0,
  };
}

/** The agent's errors carry `code`, `phase` and `errno`. */
function describeFailure(error: unknown, directory: string): Error {
  const { code, phase, errno } = error as { code?: unknown; phase?: unknown; errno?: unknown };
  const details = {
    engine: NAME,
    directory,
    reason: messageOf(error),
    ...(typeof phase === 'string' && { phase }),
    ...(typeof code === 'string' && { engineCode: code }),
    ...(typeof errno === 'number' && { errno }),
  };
  return cracError('ERR_CRAC_ENGINE_FAILED', details, error);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
