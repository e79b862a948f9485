import type { RestoreInfo } from '../core/restore-info.js';
import type { RestoreData } from '../engines/engine.js';
import { currentDirectory } from './current-directory.js';

/** What a restore brought along; a process that was restored as a part of its machine keeps its environment. */
export type BroughtData = Omit<RestoreData, 'env' | 'envPolicy'> &
  Partial<Pick<RestoreData, 'env' | 'envPolicy'>>;

/** What a restored process learns. Texts are made when they are asked for, except for what the process itself may change meanwhile. */
export class RestoredInfo implements RestoreInfo {
  readonly restored = true;
  readonly generation: number;
  readonly #brought: BroughtData;
  #cwd: string | undefined;
  #env: RestoreInfo['env'];

  constructor(brought: BroughtData, generation: number) {
    this.generation = generation;
    this.#brought = brought;
    if (brought.cwdPolicy === 'image') this.#cwd = currentDirectory();
    if (brought.envPolicy === 'merge')
      this.#env = Object.assign(Object.create(null), process.env, brought.env);
  }

  get args(): readonly string[] {
    return this.#brought.args;
  }

  get hasArgs(): boolean {
    return this.#brought.hasArgs;
  }

  get env(): RestoreInfo['env'] {
    if (this.#brought.envPolicy !== 'image') this.#env ??= this.#brought.env;
    return this.#env;
  }

  get cwd(): string {
    return this.#cwd ?? this.#brought.cwd;
  }

  get directory(): string {
    return this.#brought.directory;
  }

  get startedAt(): number {
    return this.#brought.startedAt;
  }

  get frozenMs(): number {
    return this.#brought.frozenMs;
  }

  get frozenMonotonicMs(): number {
    return this.#brought.frozenMonotonicMs;
  }

  get duration(): number {
    return this.#brought.duration;
  }

  /** A plain object with the same properties. */
  toJSON(): RestoreInfo {
    const { restored, args, hasArgs, env, cwd, generation, directory } = this;
    const { startedAt, frozenMs, frozenMonotonicMs, duration } = this;
    const times = { startedAt, frozenMs, frozenMonotonicMs, duration };
    return { restored, args, hasArgs, ...(env && { env }), cwd, generation, directory, ...times };
  }
}

/** `console.log()` shows the properties. */
Object.defineProperty(RestoredInfo.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  value: RestoredInfo.prototype.toJSON,
});
