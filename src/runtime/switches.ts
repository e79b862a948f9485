/** What `CRAC_RUNTIME` says. */
export interface Switches {
  /** Names of the repairs that are not wanted. */
  readonly off: ReadonlySet<string>;
  /** Words that name no repair. */
  readonly unknown: readonly string[];
}

/** Reads a list such as `-identity,-memory`: names of repairs that are switched off, each behind a minus. */
export function parseSwitches(text: string, names: readonly string[]): Switches {
  const words = text.split(',').map((word) => word.trim());
  const known = new Set(names.map((name) => `-${name}`));
  return {
    off: new Set(words.filter((word) => known.has(word)).map((word) => word.slice(1))),
    unknown: words.filter((word) => word !== '' && !known.has(word)),
  };
}
