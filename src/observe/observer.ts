import type { CheckpointRequest } from '../checkpoint/checkpoint-parts.js';
import type { Observer, Watch } from '../checkpoint/observer.js';
import type { CheckpointPhase, ReturnPhase } from '../core/records.js';
import type { RestoreInfo } from '../core/restore-info.js';
import { type ResourceWatch, type Telling, watchResources } from '../core/watch.js';
import { type Channels, listenedChannels } from './channels.js';
import { describeStep, type LogLevel, log, readLogLevel } from './log.js';
import { type Traced, trace } from './trace.js';

/** The steps in which resources are told. */
const TELLING: readonly string[] = ['application', 'runtime', 'runtime-return', 'application-return'];

/** Tells the log and those who listen to diagnostics channels. Who listens is asked when a checkpoint begins. */
export function createObserver(): Observer {
  let channels: Channels | undefined;
  return {
    open(request) {
      channels = listenedChannels();
      const level = readLogLevel(process.env['CRAC_LOG']);
      return channels === undefined && level === undefined
        ? undefined
        : new Following(channels, level, request);
    },
    reopen(info, arrival) {
      const level =
        arrival === undefined ? readLogLevel((info.env ?? process.env)['CRAC_LOG']) : levelOf(arrival);
      return channels === undefined && level === undefined ? undefined : new Following(channels, level);
    },
  };
}

function levelOf({
  isLogging,
  isDebugging,
}: {
  isLogging: boolean;
  isDebugging: boolean;
}): LogLevel | undefined {
  if (!isLogging) return undefined;
  return isDebugging ? 'debug' : 'info';
}

class Following implements Watch, ResourceWatch {
  readonly #channels: Channels | undefined;
  readonly #level: LogLevel | undefined;
  readonly #request: CheckpointRequest | undefined;

  constructor(channels: Channels | undefined, level: LogLevel | undefined, request?: CheckpointRequest) {
    this.#channels = channels;
    this.#level = level;
    this.#request = request;
  }

  whole(work: () => Promise<RestoreInfo>): Promise<RestoreInfo> {
    const { directory = '', keepRunning = false, dryRun = false } = this.#request ?? {};
    const message: Traced<RestoreInfo> = {};
    const call = dryRun ? 'dry run' : 'checkpoint';
    this.#log(`${call} begins`);
    return trace(
      this.#channels?.checkpoint,
      Object.assign(message, { directory, keepRunning, dryRun }),
      work,
      () => {
        if (message.result?.restored !== true) this.#log(describeStep(call, message));
      },
    );
  }

  async during<Result>(phase: CheckpointPhase | ReturnPhase, work: () => Promise<Result>): Promise<Result> {
    const message: Traced = {};
    const isTelling = TELLING.includes(phase);
    if (isTelling) watchResources(this);
    try {
      return await trace(this.#channels?.phase, Object.assign(message, { phase }), work, () =>
        this.#log(describeStep(phase, message)),
      );
    } finally {
      if (isTelling) watchResources(undefined);
    }
  }

  follow<Outcome>(telling: Telling, tell: () => Outcome): Outcome {
    const message: Traced = {};
    return trace(this.#channels?.resource, Object.assign(message, telling), tell, () => {
      const { context, resource, phase } = telling;
      if (this.#level === 'debug') log(describeStep(`${phase} of ${resource} in ${context}`, message));
    });
  }

  writing(): void {
    this.#log(`writing the image to ${this.#request?.directory}`);
  }

  left(duration: number): void {
    this.#log(describeStep('image', { duration }));
  }

  restored(info: RestoreInfo, runtime: number, application: number): void {
    const { duration: engine, directory, generation } = info;
    this.#channels?.restored.publish({ info, engine, runtime, application });
    const total = (engine + application).toFixed(1);
    this.#log(
      `restored from ${directory} as process ${process.pid}, generation ${generation}, in ${total} ms`,
    );
  }

  #log(line: string): void {
    if (this.#level !== undefined) log(line);
  }
}
