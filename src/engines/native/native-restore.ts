import {
  ARRIVAL,
  ARRIVAL_FIELDS,
  ARRIVAL_FLAGS,
  ENVIRONMENT_NEWS,
  type NativeBinding,
  type NativeBrought,
} from '../../binding/binding.js';
import type { Arrival, RestoreData } from '../engine.js';
import { parseEnvironment } from './parse-environment.js';

/**
 * What a restore brought. Numbers lie in memory that the agent fills; texts are read from the agent when they are asked for, which most
 * programs never do.
 */
export class NativeRestore implements RestoreData, Arrival {
  readonly #agent: NativeBinding;
  readonly #fields: Float64Array;
  #brought: NativeBrought | undefined;

  constructor(agent: NativeBinding, fields: Float64Array) {
    this.#agent = agent;
    this.#fields = fields;
  }

  get pid(): number {
    return this.#field('pid');
  }

  get startedAt(): number {
    return this.#field('startedAt');
  }

  get duration(): number {
    return this.#field('duration');
  }

  get resumedAt(): number {
    return this.#field('resumedAt');
  }

  get frozenMs(): number {
    return this.#field('away');
  }

  get frozenMonotonicMs(): number {
    return this.#field('awayMonotonic');
  }

  get selfTest(): boolean {
    return this.#field('selfTest') !== 0;
  }

  get isDebugging(): boolean {
    return this.#field('log') === 2;
  }

  get isLogging(): boolean {
    return this.#field('log') !== 0;
  }

  get hasSameResolvConf(): boolean {
    return this.#field('sameResolvConf') !== 0;
  }

  get hasSameOptions(): boolean {
    return this.#field('sameOptions') !== 0;
  }

  get namesAuthorities(): boolean {
    return this.#field('namesAuthorities') !== 0;
  }

  get moved(): boolean {
    return this.#field('moved') !== 0;
  }

  get isThere(): boolean {
    return !this.#hasFlag('cwdImage');
  }

  get hasArgs(): boolean {
    return this.#hasFlag('hasArgs');
  }

  get cwdPolicy(): RestoreData['cwdPolicy'] {
    return this.#hasFlag('cwdImage') ? 'image' : 'restorer';
  }

  get envPolicy(): RestoreData['envPolicy'] {
    return this.#hasFlag('envImage') ? 'image' : this.#hasFlag('envMerge') ? 'merge' : 'replace';
  }

  get args(): readonly string[] {
    return this.#texts.args;
  }

  get env(): Readonly<Record<string, string>> {
    return parseEnvironment(this.#texts.env);
  }

  get cwd(): string {
    return this.#texts.cwd;
  }

  get directory(): string {
    return this.#texts.directory;
  }

  adoptEnvironment(): boolean {
    if (this.#field('environmentDiffers') === 0) return false;
    const news = this.#agent.adoptEnvironment(this.#field('rehearsed') !== 0);
    if (news & ENVIRONMENT_NEWS.timeZone) tellOfTimeZone();
    return (news & ENVIRONMENT_NEWS.locale) !== 0;
  }

  get #texts(): NativeBrought {
    this.#brought ??= this.#agent.brought();
    return this.#brought;
  }

  #field(name: keyof typeof ARRIVAL): number {
    return this.#fields[ARRIVAL[name]] ?? 0;
  }

  #hasFlag(name: keyof typeof ARRIVAL_FLAGS): boolean {
    return (this.#field('flags') & ARRIVAL_FLAGS[name]) !== 0;
  }
}

/** Makes room for what the agent tells; until then it says that nothing has changed. */
export function createFields(): Float64Array {
  const fields = new Float64Array(ARRIVAL_FIELDS);
  fields[ARRIVAL.pid] = process.pid;
  fields[ARRIVAL.startedAt] = Date.now();
  return fields;
}

/** What is told of this process itself: nothing has changed, but the ways of a changed environment and of another working directory are taken. */
export function rehearsedFields(): Float64Array {
  const fields = createFields();
  fields[ARRIVAL.rehearsed] = 1;
  fields[ARRIVAL.environmentDiffers] = 1;
  fields[ARRIVAL.moved] = 1;
  return fields;
}

/** V8 keeps the time zone until it is told of another, which Node does when `TZ` is assigned. */
function tellOfTimeZone(): void {
  const { TZ } = process.env;
  if (TZ === undefined) delete process.env['TZ'];
  else process.env['TZ'] = TZ;
}
