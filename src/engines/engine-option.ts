/** Types that the value of an engine's option may have; a `path` is made absolute. */
export const ENGINE_OPTION_TYPES = ['boolean', 'number', 'text', 'path'] as const;
export type EngineOptionType = (typeof ENGINE_OPTION_TYPES)[number];

/** When an engine works: in the process that is checkpointed, and in the command that restores. */
export const ENGINE_PHASES = ['checkpoint', 'restore'] as const;
export type EnginePhase = (typeof ENGINE_PHASES)[number];

/** Value of an engine's option. */
export type EngineOptionValue = boolean | number | string;

/** Values by key: those that were given, and the defaults of the others that apply to the phase and have one. */
export type EngineOptionValues = Readonly<Record<string, EngineOptionValue>>;

/** One thing that can be set with `--engine-options key=value`. */
export interface EngineOption {
  /** Name in lower case, with underscores between words. `image_location` is the runtime's. */
  readonly key: string;
  readonly type: EngineOptionType;
  /** Value when nobody sets it; absent when there is none. */
  readonly default?: EngineOptionValue;
  /** Phases in which it means something. */
  readonly phases: readonly EnginePhase[];
  /** One line for `--engine-options help`. */
  readonly description: string;
}
