/**
 * `node-crac/testing`: checkpoints and restores for the unit tests of a library, on every platform. Nothing is written and no native code is
 * loaded; besides the resources only `process.argv`, `process.env` and the working directory are touched.
 *
 * @packageDocumentation
 */
import type { CheckpointParts } from './checkpoint/checkpoint-parts.js';
import { history } from './checkpoint/history.js';
import { createManager } from './checkpoint/manager.js';
import { type Moment, presentMoment, type ResumeData, toBroughtData } from './checkpoint/resume-data.js';
import { Context } from './core/context.js';
import { getGlobalContext } from './core/global-context.js';
import { createMains, getMains } from './core/on-restore.js';
import type { RestoreInfo } from './core/restore-info.js';
import type { Engine, EngineOutcome } from './engines/engine.js';

export type { ResumeData } from './checkpoint/resume-data.js';
export type { RestoreInfo } from './core/restore-info.js';

/** What a simulator works on. */
export interface SimulatorOptions {
  /** The context that is told. @default the global context, and with it what `onRestore()` has registered */
  readonly context?: Context;
}

/** How a simulated checkpoint ends. Without anything the process counts as restored with what it has. */
export interface SimulationOptions extends ResumeData {
  /** Why the checkpoint fails after all resources were told of it: one or several reasons. */
  readonly failure?: Error | readonly Error[];
  /** The process goes on as the original. @default false */
  readonly keepRunning?: boolean;
  /** Milliseconds for telling all resources of the checkpoint. @default 60000 */
  readonly timeout?: number;
}

/** Stands for an engine in unit tests. */
export interface CheckpointSimulator {
  /**
   * Tells the resources of a checkpoint and of its end, exactly as `checkpointRestore()` of `node-crac/management` does: order, deadlines,
   * exceptions and turns are the same code. May be called any number of times.
   *
   * @throws {CheckpointException} when a resource failed before the checkpoint, or `failure` is given
   * @throws {RestoreException} when a resource failed after it
   */
  checkpointRestore(options?: SimulationOptions): Promise<RestoreInfo>;
  /** Puts arguments, environment, working directory and the number of restores back to what they were when the simulator was made. */
  reset(): void;
  /** The same, for `using`. */
  [Symbol.dispose](): void;
}

/**
 * Makes a simulator of checkpoints.
 *
 * @example
 * ```js
 * import { createCheckpointSimulator } from 'node-crac/testing';
 *
 * const simulator = createCheckpointSimulator();
 * await simulator.checkpointRestore({ args: ['--port', '8080'], env: { REGION: 'eu' }, frozenMs: 86_400_000 });
 * console.log(process.argv.slice(2), process.env.REGION);
 * simulator.reset();
 * ```
 */
export function createCheckpointSimulator({ context }: SimulatorOptions = {}): CheckpointSimulator {
  const reset = remember();
  return {
    async checkpointRestore(options = {}) {
      const { keepRunning = false, timeout } = options;
      const manager = createManager(simulateParts(context, options));
      return manager.checkpoint({ keepRunning, ...(timeout !== undefined && { timeout }) });
    },
    reset,
    [Symbol.dispose]: reset,
  };
}

/** The parts of a process that has nothing open, no workers and no engine but this. */
function simulateParts(context: Context | undefined, options: SimulationOptions): CheckpointParts {
  const engine = simulateEngine(options);
  return {
    chooseEngine: () => ({ engine, options: {} }),
    context: context ?? getGlobalContext(),
    runtime: new Context({ name: 'runtime' }),
    rehearsal: () => new Context({ name: 'rehearsal' }),
    isMainThread: true,
    mains: context === undefined ? getMains() : createMains(),
    workers: { async settle() {}, hold() {}, returning: () => undefined },
    configuredDirectory: () => undefined,
    configuredHeapSnapshots: () => undefined,
    activeRequests: () => ({ listed: [], unlisted: 0 }),
    nameUnlisted: () => '',
    setDrainTimeout() {},
    inspect: () => ({
      errors: toList(options.failure),
      treatment: { placeholders: [], closed: [], reopened: [], unchecked: [] },
      warnings: [],
    }),
    renewRandomness() {},
    tidy() {},
    holdCompilers() {},
    warn: (sentence) => process.emitWarning(sentence, { type: 'CracWarning' }),
    observer: { open: () => undefined, reopen: () => undefined },
    writeHeapSnapshot: () => undefined,
    images: {
      checkPath() {},
      expandPath: (path) => path,
      literalPath: (path) => path,
      labels: (given) => given,
    },
    describeImage: () => ({ id: '', manifest: '', tags: '', score: '' }),
  };
}

function simulateEngine(data: SimulationOptions): Engine {
  return {
    name: 'simulator',
    capabilities: { image: false, keepRunning: true, directory: false },
    async checkpoint({ keepRunning }) {
      if (keepRunning) return { kind: 'running', pause: 0, written: Promise.resolve() };
      adopt(data);
      return describeRestore(data, presentMoment());
    },
  };
}

function describeRestore(data: SimulationOptions, present: Moment): EngineOutcome {
  const { env = {}, envPolicy = 'image', ...brought } = toBroughtData(data, present);
  return { kind: 'restored', restore: { ...brought, env, envPolicy } };
}

/** Arguments, environment and working directory follow a restore before the resources are told of it. */
function adopt({ args, env, cwd }: SimulationOptions): void {
  if (args !== undefined) process.argv.splice(2, Number.POSITIVE_INFINITY, ...args);
  if (env !== undefined) replaceEnvironment(env);
  if (cwd !== undefined) process.chdir(cwd);
}

function replaceEnvironment(env: Readonly<Record<string, string | undefined>>): void {
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  Object.assign(process.env, env);
}

/** Returns what puts everything back. */
function remember(): () => void {
  const [argv, env, cwd, past] = [[...process.argv], { ...process.env }, process.cwd(), { ...history() }];
  return () => {
    process.argv.splice(0, Number.POSITIVE_INFINITY, ...argv);
    replaceEnvironment(env);
    process.chdir(cwd);
    Object.assign(history(), past);
  };
}

function toList(failure: SimulationOptions['failure']): readonly Error[] {
  if (failure === undefined) return [];
  return failure instanceof Error ? [failure] : failure;
}
